import { OtaError } from '../core/errors.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import { MetadataSource } from '../device/client/fetch.ts';
import type { TrustedRepository } from '../device/client/repository.ts';
import { readLive } from '../publish/repository-state.ts';
import { metadataKey, TIMESTAMP_KEY } from '../repository/layout.ts';
import type { Metadata, Root } from '../repository/model.ts';
import { type Trust, verifyRoots } from '../repository/trust.ts';
import type { ReadStore } from '../storage/store.ts';
import { ProductGatherer, type SlicedProduct } from './gather-product.ts';
import { addRole, type SliceFile, SliceFiles, type SliceRequest } from './slice.ts';

export interface GatherOptions {
  readonly store: ReadStore;
  readonly trust: Trust;
  /** At least one, each for another product. */
  readonly requests: readonly SliceRequest[];
  readonly now: Seconds;
  readonly progress: Progress;
}

/** What of a repository goes onto a medium. */
export interface Slice {
  /** Verified from the trust folder on, whatever has expired. */
  readonly repository: TrustedRepository;
  readonly products: readonly SlicedProduct[];
  readonly files: readonly SliceFile[];
}

/**
 * Works out which files of a repository some devices need: every root, the roles, and of each product the documents, payloads and
 * deltas by which the reference client gets from what they have to what their channel gives out.
 *
 * @throws OtaError `store-missing`; `channel-unlisted`, `channel-held`; `hardware-mismatch`; `target-missing` for a release that was never
 *   published; `update-unsafe`, `counter-rollback` for devices that cannot get there; as `readLive`
 */
export async function gatherSlice(options: GatherOptions): Promise<Slice> {
  const { store, trust, requests, progress } = options;
  const { repository, timestamp, snapshot } = await readLive(store, trust);
  const files = new SliceFiles();
  const source = new MetadataSource(store, progress);
  for (const root of await rootChain(source, repository.root)) addRole(files, 'root', root);
  files.add({ ...timestamp.sealed, key: TIMESTAMP_KEY, kind: 'metadata' });
  addRole(files, 'snapshot', snapshot, repository);
  addRole(files, 'targets', repository.targets, repository);
  const products: SlicedProduct[] = [];
  for (const request of requests.toSorted((a, b) => (a.product < b.product ? -1 : 1)))
    products.push(await new ProductGatherer(options, repository, files, request).run());
  return { repository, products, files: files.files };
}

/**
 * Every root from the first on, each signed by the one before: devices may have been made with any.
 *
 * @throws OtaError `role-missing`; as `verifyRoots`
 */
async function rootChain(source: MetadataSource, last: Metadata<Root>): Promise<readonly Metadata<Root>[]> {
  const files: Uint8Array[] = [];
  for (let version = 1; version <= last.signed.version; version += 1) {
    const found = await source.root(version);
    if (!found) {
      const key = metadataKey('root', version);
      throw new OtaError('role-missing', `the store has no ${key}`, {
        where: key,
        hint: 'Devices that were made with an earlier root need each one: put it back from a copy of the store or a trust folder.',
      });
    }
    files.push(found.bytes);
  }
  const roots = verifyRoots(files, 0);
  if (roots.at(-1)?.sealed.sha256 === last.sealed.sha256) return roots;
  throw new OtaError('root-differs', 'the root in the store changed while it was read', {
    where: 'root',
    hint: 'Run the same command again.',
  });
}
