import { OtaError } from '../../core/errors.ts';
import { MAX_BYTES } from '../../device/client/fetch.ts';
import type { PublicKey } from '../../keys/public-key.ts';
import { metadataKey } from '../../repository/layout.ts';
import type { Metadata, RoleKeys, Root, Targets } from '../../repository/model.ts';
import { parseTargets } from '../../repository/parse-targets.ts';
import type { Trust } from '../../repository/trust.ts';
import { isSignedBy } from '../../repository/verify.ts';
import type { Store } from '../../storage/store.ts';

/** A version that no honest role reaches: whoever stole its key set it. */
export const ABSURD_VERSION = 2 ** 31;

interface Authority {
  readonly keys: ReadonlyMap<string, PublicKey>;
  readonly role: RoleKeys;
}

/**
 * Every targets role in the store by its own signatures alone, whatever snapshot and timestamp say: the newest version that those
 * who may sign it have signed. `targets` may be signed for any of the roots, the last one first.
 *
 * @throws OtaError `role-missing` without any `targets`; as the store
 */
export async function salvageRoles(
  store: Store,
  trust: Trust,
  roots: readonly Metadata<Root>[],
): Promise<ReadonlyMap<string, Metadata<Targets>>> {
  const held = parseTargets(trust.targetsBytes, 'targets.json');
  const roles = new Map<string, Metadata<Targets>>();
  for (const { signed } of roots.toReversed()) {
    const authority = { keys: signed.keys, role: signed.roles.targets };
    const found = await newestSigned(store, 'targets', authority);
    const own = isSignedBy(held, authority.keys, authority.role) ? held : undefined;
    const newest = (found?.signed.version ?? 0) >= (own?.signed.version ?? 0) ? found : own;
    if (!newest) continue;
    roles.set('targets', newest);
    await walk(store, newest, roles);
    return roles;
  }
  throw new OtaError('role-missing', 'no targets role is signed by the keys of any root', {
    where: store.url,
  });
}

async function walk(
  store: Store,
  by: Metadata<Targets>,
  roles: Map<string, Metadata<Targets>>,
): Promise<void> {
  const { keys, roles: delegated } = by.signed.delegations ?? { keys: new Map(), roles: [] };
  for (const role of delegated) {
    const found = roles.has(role.name) ? undefined : await newestSigned(store, role.name, { keys, role });
    if (!found) continue;
    roles.set(role.name, found);
    await walk(store, found, roles);
  }
}

async function newestSigned(
  store: Store,
  name: string,
  { keys, role }: Authority,
): Promise<Metadata<Targets> | undefined> {
  for (const version of await versionsOf(store, name)) {
    const found = await store.read(metadataKey(name, version), MAX_BYTES.targets);
    const metadata = found && readIfValid(found.bytes, name);
    if (metadata?.signed.version === version && isSignedBy(metadata, keys, role)) return metadata;
  }
  return undefined;
}

/** The versions of a role in the store, newest first. */
async function versionsOf(store: Store, name: string): Promise<readonly number[]> {
  const versions: number[] = [];
  for await (const { key } of store.list('metadata/')) {
    const [, version] = /^metadata\/(\d{1,10})\.[^/]+$/.exec(key) ?? [];
    if (version !== undefined && key === metadataKey(name, Number(version))) versions.push(Number(version));
  }
  return versions.filter((version) => version < ABSURD_VERSION).sort((a, b) => b - a);
}

function readIfValid(bytes: Uint8Array, name: string): Metadata<Targets> | undefined {
  try {
    return parseTargets(bytes, `${name}.json`);
  } catch (error) {
    if (error instanceof OtaError) return undefined;
    throw error;
  }
}
