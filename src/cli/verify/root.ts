import { basename, dirname, join } from 'node:path';
import { OtaError } from '../../core/errors.ts';
import type { Name } from '../../core/names.ts';
import type { Progress } from '../../core/progress.ts';
import type { Seconds } from '../../core/time.ts';
import { refresh } from '../../device/client/refresh.ts';
import { memoryState } from '../../device/client/state.ts';
import { listFolder, readSmallFile } from '../../files/read.ts';
import { productDelegation } from '../../repository/genesis.ts';
import { verifyRoots, verifyTrust } from '../../repository/trust.ts';
import type { ReadStore } from '../../storage/store.ts';
import type { ReleaseKeys } from '../release-keys.ts';
import { loadTrust, versionsOf } from '../trust-folder.ts';

/** The roots that a person trusts, verified by the first: that one, which devices are made with, and the last. */
export interface TrustedRoots {
  readonly first: Uint8Array;
  readonly last: Uint8Array;
}

/** One file and nothing else, else those of the trust folder. @throws OtaError `input-missing`; as `verifyRoots` */
export async function trustedRoots(
  root: string | undefined,
  trust: string,
  now: Seconds,
): Promise<TrustedRoots> {
  const files = root === undefined ? await rootsOf(trust) : [await readSmallFile(root)];
  const roots = verifyRoots(files, now).map(({ sealed }) => sealed.bytes);
  return { first: roots[0] as Uint8Array, last: roots.at(-1) as Uint8Array };
}

async function rootsOf(trust: string): Promise<readonly Uint8Array[]> {
  try {
    return (await loadTrust(trust)).roots;
  } catch (error) {
    if (!(error instanceof OtaError) || error.code !== 'input-missing') throw error;
    throw new OtaError('input-missing', `there is no root to verify against: ${error.message}`, {
      where: trust,
      hint: 'Name the root that you trust with --root FILE, or a trust folder with --trust DIR.',
      cause: error,
    });
  }
}

/** The targets role of the highest version beside a root. */
async function targetsBeside(root: string): Promise<Uint8Array> {
  const folder = dirname(root);
  const last = versionsOf(await listFolder(folder), 'targets').at(-1);
  if (last !== undefined) return readSmallFile(join(folder, `${last}.targets.json`));
  throw new OtaError('input-missing', `there is no targets.json beside ${basename(root)}`, {
    where: folder,
    hint: 'Put the targets role that the root signed beside it, as in a trust folder, or name the repository with --store.',
  });
}

/**
 * The release keys of a product by one root: by the targets beside its file, or by those of a store, which is followed as a
 * device follows it.
 *
 * @throws OtaError as `verifyTrust` and `refresh`; `role-missing` for a product that is not in it
 */
export async function releaseKeysOfRoot(options: {
  readonly root: string;
  readonly store?: ReadStore | undefined;
  readonly product: Name;
  readonly now: Seconds;
  readonly progress: Progress;
}): Promise<ReleaseKeys> {
  const { root, store, product, now, progress } = options;
  const rootBytes = await readSmallFile(root);
  const targets = store
    ? (await refresh({ store, state: memoryState(rootBytes), now, progress })).targets
    : verifyTrust({ roots: [rootBytes], targetsBytes: await targetsBeside(root) }, now).targets;
  const { keys, threshold } = productDelegation(targets, product);
  return {
    keys: new Map(keys.map((key) => [key.keyid, key])),
    threshold,
    source: store ? `the root ${root} and the targets of ${store.url}` : `the root ${root}`,
  };
}
