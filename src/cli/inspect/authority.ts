import { dirname, join } from 'node:path';
import { OtaError } from '../../core/errors.ts';
import { listFolder, readSmallFile } from '../../files/read.ts';
import type { PublicKey } from '../../keys/public-key.ts';
import { delegationOf } from '../../repository/delegations.ts';
import type { Delegations, RoleKeys, Root, Targets, TopRole } from '../../repository/model.ts';
import { TOP_ROLES } from '../../repository/model.ts';
import { delegatorOf } from '../../repository/names.ts';
import { parseRoot } from '../../repository/parse-root.ts';
import { parseTargets } from '../../repository/parse-targets.ts';
import type { HeldTrust } from './trust.ts';

/** Whose signatures count for something, and who says so. */
export interface Authority {
  /** The file or folder that names the keys. */
  readonly source: string;
  readonly threshold: number;
  /** Those that may sign, by keyid. */
  readonly keys: ReadonlyMap<string, PublicKey>;
}

/** The keys that are listed for a role. */
export const authority = (
  source: string,
  { keyids, threshold }: RoleKeys,
  all: ReadonlyMap<string, PublicKey>,
): Authority => ({
  source,
  threshold,
  keys: new Map(
    keyids.flatMap((keyid) => {
      const key = all.get(keyid);
      return key ? [[keyid, key] as const] : [];
    }),
  ),
});

export const rootAuthority = (source: string, root: Root, role: TopRole): Authority =>
  authority(source, root.roles[role], root.keys);

/** `gateway` for `3.gateway.json`, `timestamp` for `timestamp.json`. */
export const roleOfFile = (name: string): string | undefined =>
  /^(?:[1-9]\d{0,15}\.)?([a-z][a-z0-9.-]*)\.json$/.exec(name)?.[1];

/**
 * Whose signatures count for a role's file: by its delegator in the same folder, else by the trust folder. `undefined` where
 * neither is there, or neither names the role.
 */
export async function authorityOf(
  role: string,
  path: string,
  trust: HeldTrust | undefined,
): Promise<Authority | undefined> {
  const top = TOP_ROLES.find((name) => name === role);
  if (top) {
    const beside = await newest(dirname(path), 'root', parseRoot);
    if (beside) return rootAuthority(beside.path, beside.role, top);
    return trust && rootAuthority(trust.folder, trust.root.signed, top);
  }
  const delegator = delegatorOf(role);
  const beside = await newest(dirname(path), delegator, parseTargets);
  if (beside) return delegated(beside.path, beside.role, role);
  return trust && delegator === 'targets' ? delegated(trust.folder, trust.targets.signed, role) : undefined;
}

function delegated(source: string, { delegations }: Targets, role: string): Authority | undefined {
  const found = delegations && delegationOf(delegations, role);
  return found && authority(source, found, (delegations as Delegations).keys);
}

/** The newest file of a role in a folder that can be read. */
async function newest<T>(
  folder: string,
  role: string,
  parse: (bytes: Uint8Array, where: string) => { readonly signed: T },
): Promise<{ readonly path: string; readonly role: T } | undefined> {
  const found = (await listFolder(folder)).filter((name) => roleOfFile(name) === role);
  const version = (name: string) => Number(/^\d+/.exec(name)?.[0] ?? 0);
  for (const name of found.toSorted((a, b) => version(b) - version(a))) {
    const path = join(folder, name);
    try {
      return { path, role: parse(await readSmallFile(path), path).signed };
    } catch (error) {
      if (!(error instanceof OtaError)) throw error;
    }
  }
  return undefined;
}
