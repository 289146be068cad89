import { equalBytes } from '../core/bytes.ts';
import { OtaError } from '../core/errors.ts';
import { canonicalJson } from '../core/json/canonical.ts';
import { compactJson } from '../core/json/print.ts';
import type { JsonObject } from '../core/json/value.ts';
import { isName } from '../core/names.ts';
import { buildRoot, buildTargets } from '../repository/build.ts';
import type { Metadata, Root, Targets } from '../repository/model.ts';
import { parseRoot } from '../repository/parse-root.ts';
import { parseTargets } from '../repository/parse-targets.ts';
import type { RequestContent, RoleDocument } from './model.ts';

/** The roles of a request, read: not signed by anybody yet. */
export interface Proposed {
  readonly root?: Metadata<Root>;
  readonly roles: ReadonlyMap<string, Metadata<Targets>>;
}

/**
 * Reads the roles that are to be signed. What an officer signs is what this program understood, so that a document with anything
 * in it that would not be shown is refused; `custom` of a target may hold anything, and is shown.
 *
 * @param published the roles that they follow
 * @throws OtaError `role-invalid`, `target-path`, `request-invalid`
 */
export function readProposed(
  { documents }: RequestContent,
  published: ReadonlyMap<string, Metadata<Targets>>,
): Proposed {
  const roles = documents.filter((item): item is RoleDocument => item.type === 'role');
  const root = roles.find(({ role }) => role === 'root');
  return {
    ...(root ? { root: readRoot(root) } : {}),
    roles: new Map(
      roles
        .filter(({ role }) => role !== 'root')
        .map((item) => [item.role, readTargets(item, published.get(item.role)?.signed)] as const),
    ),
  };
}

function readRoot({ signed }: RoleDocument): Metadata<Root> {
  const root = parseRoot(unsigned(signed), 'root to be signed');
  const { keys, roles, version, expires, consistentSnapshot } = root.signed;
  const rebuilt = buildRoot({ version, expires, keys: [...keys.values()], roles });
  if (!consistentSnapshot) throw strange('root', 'it turns consistent snapshots off');
  requireSame('root', signed, rebuilt);
  return root;
}

function readTargets({ role, signed }: RoleDocument, before: Targets | undefined): Metadata<Targets> {
  const targets = parseTargets(unsigned(signed), `${role} to be signed`);
  const { version, expires, targets: files, delegations, media } = targets.signed;
  // Other repositories may have these; nothing here shows them, and nothing here makes them.
  if (delegations?.succinct) throw strange(role, 'it delegates to hash bins');
  if (delegations?.otherKeys) throw strange(role, 'it delegates to a key that is not Ed25519');
  if (media && (role === 'targets' || !isName(role)))
    throw strange(role, 'it says how media are judged, which only a product does');
  // What another tool put into the role that is published stays as it was; nothing of it comes anew or changes unseen.
  if (!sameUnknown(targets.signed, before))
    throw strange(role, 'it has fields that this program does not know');
  const rebuilt = buildTargets({
    ...(targets.signed.unknown === undefined ? {} : { unknown: targets.signed.unknown }),
    version,
    expires,
    targets: files,
    ...(delegations === undefined ? {} : { delegations }),
    ...(media === undefined ? {} : { media }),
  });
  requireSame(role, signed, rebuilt);
  return targets;
}

/** Whether the fields that are not ours are those of the role before, each in its place. */
function sameUnknown(after: Targets, before: Targets | undefined): boolean {
  const same = (a: Holder, b: Holder): boolean =>
    a?.unknown === undefined ||
    (b?.unknown !== undefined && equalBytes(canonicalJson(a.unknown), canonicalJson(b.unknown)));
  const role = (name: string) => before?.delegations?.roles.find((item) => item.name === name);
  return (
    same(after, before) &&
    same(after.delegations, before?.delegations) &&
    (after.delegations?.roles ?? []).every((item) => same(item, role(item.name))) &&
    [...after.targets].every(([path, file]) => same(file, before?.targets.get(path)))
  );
}

type Holder = { readonly unknown?: JsonObject } | undefined;

const unsigned = (signed: JsonObject): Uint8Array => compactJson({ signatures: [], signed });

function requireSame(role: string, signed: JsonObject, rebuilt: JsonObject): void {
  if (equalBytes(canonicalJson(signed), canonicalJson(rebuilt))) return;
  const unknown = Object.keys(signed).find((key) => !Object.hasOwn(rebuilt, key));
  const why =
    unknown === undefined
      ? 'it holds something that is not shown when it is read'
      : `it has a field ${JSON.stringify(unknown)} that this program does not know`;
  throw strange(role, why);
}

const strange = (role: string, why: string): OtaError =>
  new OtaError('request-invalid', `${role} cannot be signed: ${why}`, {
    where: role,
    hint: 'Have it made with this version of ota, or sign with the version that made it.',
  });
