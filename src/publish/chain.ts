import { MAX_BYTES } from '../device/client/fetch.ts';
import { metadataKey } from '../repository/layout.ts';
import type { Metadata, Targets } from '../repository/model.ts';
import { type Trust, verifyRoots } from '../repository/trust.ts';
import type { Chain } from '../requests/model.ts';
import type { ReadStore } from '../storage/store.ts';
import type { CurrentTrust } from './repository-state.ts';

/**
 * Collects the chain of what counts now: the roots of the trust folder and those that the store has beyond them, the newest
 * targets, and the role of each product that is published.
 *
 * @throws OtaError as `TrustedRepository.role` and the store
 */
export async function trustChain(store: ReadStore, trust: Trust, current: CurrentTrust): Promise<Chain> {
  const roles = new Map<string, Uint8Array>([['targets', current.targets.sealed.bytes]]);
  for (const [name, role] of await productRoles(current)) roles.set(name, role.sealed.bytes);
  return { roots: [...trust.roots, ...(await laterRoots(store, trust, current))], roles };
}

/** The role of every product that is published, by name. */
export async function productRoles({
  targets,
  live,
}: CurrentTrust): Promise<ReadonlyMap<string, Metadata<Targets>>> {
  const roles = new Map<string, Metadata<Targets>>();
  for (const { name } of targets.signed.delegations?.roles ?? []) {
    if (live?.snapshot.signed.meta.has(name)) roles.set(name, await live.repository.role(name));
  }
  return roles;
}

async function laterRoots(store: ReadStore, trust: Trust, { root }: CurrentTrust): Promise<Uint8Array[]> {
  const held = verifyRoots(trust.roots, 0).at(-1)?.signed.version ?? 0;
  const later: Uint8Array[] = [];
  for (let version = held + 1; version <= root.signed.version; version += 1) {
    const found = await store.read(metadataKey('root', version), MAX_BYTES.root);
    if (found) later.push(found.bytes);
  }
  return later;
}
