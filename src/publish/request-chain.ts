import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import { channelsRole, metadataKey, productRole } from '../repository/layout.ts';
import { parseRoot } from '../repository/parse-root.ts';
import type { Trust } from '../repository/trust.ts';
import type { Chain } from '../requests/model.ts';
import type { ReadStore } from '../storage/store.ts';
import type { RepositoryState } from './repository-state.ts';

const MAX_ROOT_BYTES = 512 * 1024;

/**
 * What is published, as the chain of a request: every root from the first of the trust folder on, so that an officer can follow it
 * from any of them, and the roles of the product.
 *
 * @throws OtaError `root-missing` for a root that is in neither the trust folder nor the store; what the store throws
 */
export async function requestChain(options: {
  readonly store: ReadStore;
  readonly trust: Trust;
  readonly state: RepositoryState;
  readonly product: Name;
}): Promise<Chain> {
  const { store, trust, state, product } = options;
  return {
    roots: await allRoots(store, trust, state.root.signed.version),
    roles: new Map([
      ['targets', state.targets.sealed.bytes],
      ...(state.product ? [[productRole(product), state.product.sealed.bytes] as const] : []),
      ...(state.channels ? [[channelsRole(product), state.channels.sealed.bytes] as const] : []),
    ]),
  };
}

async function allRoots(store: ReadStore, trust: Trust, last: number): Promise<readonly Uint8Array[]> {
  const held = new Map(
    trust.roots.map((bytes) => [parseRoot(bytes, 'root.json').signed.version, bytes] as const),
  );
  const roots: Uint8Array[] = [];
  for (let version = Math.min(...held.keys()); version <= last; version += 1) {
    const key = metadataKey('root', version);
    const bytes = held.get(version) ?? (await store.read(key, MAX_ROOT_BYTES))?.bytes;
    if (!bytes) throw new OtaError('root-missing', `root ${version} is nowhere to be found`, { where: key });
    roots.push(bytes);
  }
  return roots;
}
