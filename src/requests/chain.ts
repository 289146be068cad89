import { equalBytes } from '../core/bytes.ts';
import { OtaError } from '../core/errors.ts';
import { canonicalJson } from '../core/json/canonical.ts';
import { checkVersion, verifyTopRole } from '../repository/checks.ts';
import type { Metadata, Root, Targets } from '../repository/model.ts';
import { delegatorOf } from '../repository/names.ts';
import { parseRoot } from '../repository/parse-root.ts';
import { parseTargets } from '../repository/parse-targets.ts';
import { verifyRole } from '../repository/verify.ts';
import type { Chain } from './model.ts';

/** What the documents of a request follow, verified. */
export interface TrustedChain {
  /** The last root; absent where the first one is to be signed. */
  readonly root?: Metadata<Root>;
  /** `targets` and delegated roles as they are published now. */
  readonly roles: ReadonlyMap<string, Metadata<Targets>>;
}

/**
 * Follows a request's chain from the root that an officer holds: every root after it signed by a threshold of the one before
 * and of its own keys (TUF 1.0.34, sections 5.3.4 and 5.3.5), then `targets` by the last root, then the delegated roles by those that
 * delegate to them. Whether anything has expired is not judged here: an officer is asked to renew it, among other things.
 *
 * @param anchor the officer's root; `undefined` only where there is none yet
 * @throws OtaError `root-differs`, `role-rollback`, `role-invalid`, `role-version`, `threshold-unmet`, `role-missing`
 */
export function followChain(chain: Chain, anchor: Uint8Array | undefined): TrustedChain {
  const root = followRoots(chain.roots, anchor);
  const roles = new Map<string, Metadata<Targets>>();
  // A role comes after the one that delegates to it: fewer dots first, and targets before all.
  const names = [...chain.roles.keys()].sort((a, b) => depthOf(a) - depthOf(b));
  for (const name of names) {
    const role = parseTargets(chain.roles.get(name) ?? new Uint8Array(), `${name} in the chain`);
    verifyTargets(name, role, root, roles);
    roles.set(name, role);
  }
  return { ...(root === undefined ? {} : { root }), roles };
}

/**
 * Requires a targets role to be signed by a threshold of the keys that a root or its delegator gives it.
 *
 * @throws OtaError `threshold-unmet`, `role-missing`
 */
export function verifyTargets(
  name: string,
  role: Metadata<Targets>,
  root: Metadata<Root> | undefined,
  roles: ReadonlyMap<string, Metadata<Targets>>,
): void {
  if (name === 'targets') {
    if (!root) throw missing(name, 'there is no root that would name its keys');
    verifyTopRole(role, root, 'targets');
    return;
  }
  const delegator = delegatorOf(name);
  const delegations = roles.get(delegator)?.signed.delegations;
  const keys = delegations?.roles.find((item) => item.name === name);
  if (!delegations || !keys) throw missing(name, `${delegator} does not delegate to it`);
  verifyRole(role, delegations.keys, keys, name);
}

const depthOf = (name: string): number => (name === 'targets' ? 0 : name.split('.').length);

const missing = (name: string, why: string): OtaError =>
  new OtaError('role-missing', `${name} cannot be verified: ${why}`, {
    where: name,
    hint: 'The request lacks a part of the chain that it follows. Have it made again.',
  });

function followRoots(
  files: readonly Uint8Array[],
  anchorBytes: Uint8Array | undefined,
): Metadata<Root> | undefined {
  const roots = files.map((bytes) => parseRoot(bytes, 'a root in the chain'));
  if (anchorBytes === undefined) {
    if (roots.length === 0) return undefined;
    throw new OtaError('root-missing', 'there is no root yet to check this request against', {
      hint: 'Name the root that you hold with --root FILE, and compare its fingerprint with what you were told.',
    });
  }
  const anchor = parseRoot(anchorBytes, 'the root that you hold');
  verifyTopRole(anchor, anchor, 'root');
  const first = roots[0];
  const last = roots.at(-1);
  if (!first || !last) throw differs(anchor, 'it would start with a root of its own');
  roots.forEach((root, index) => {
    checkVersion('root', root.signed.version, first.signed.version + index);
  });
  if (last.signed.version < anchor.signed.version) {
    throw new OtaError(
      'role-rollback',
      `the request follows root ${last.signed.version}, and you hold root ${anchor.signed.version} already`,
      { where: 'root', hint: 'Have the request made again from the repository as it is now.' },
    );
  }
  const own = roots.find(({ signed }) => signed.version === anchor.signed.version);
  if (!own) throw differs(anchor, `its roots begin with version ${first.signed.version}`);
  if (!equalBytes(canonicalJson(own.document), canonicalJson(anchor.document))) {
    throw differs(anchor, `its root ${own.signed.version} has the fingerprint ${own.sealed.sha256}`);
  }
  let root = anchor;
  for (const next of roots.filter(({ signed }) => signed.version > anchor.signed.version)) {
    verifyTopRole(next, root, 'root');
    verifyTopRole(next, next, 'root');
    root = next;
  }
  return root;
}

const differs = (anchor: Metadata<Root>, why: string): OtaError =>
  new OtaError(
    'root-differs',
    `the request does not follow the root that you hold (root ${anchor.signed.version}, ` +
      `fingerprint ${anchor.sealed.sha256}): ${why}`,
    {
      where: 'root',
      hint: 'Sign nothing. It belongs to another repository, or somebody wants you to trust another root: ask who made it.',
    },
  );
