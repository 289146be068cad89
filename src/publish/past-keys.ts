import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import { MAX_BYTES } from '../device/client/fetch.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { verifyTopRole } from '../repository/checks.ts';
import { productDelegation } from '../repository/genesis.ts';
import { metadataKey } from '../repository/layout.ts';
import type { Metadata, Root, Targets } from '../repository/model.ts';
import { parseTargets } from '../repository/parse-targets.ts';
import { type Trust, verifyRoots } from '../repository/trust.ts';
import type { ReadStore } from '../storage/store.ts';

/** Whose signatures made a release of a product genuine, and since which targets role. */
export interface PastKeys {
  readonly keys: ReadonlyMap<string, PublicKey>;
  readonly threshold: number;
  /** The version of the targets role that says so. */
  readonly targets: number;
}

/**
 * The release keys of a product, those of today first and then those before them: a release that was signed years ago is
 * judged by the keys of its time. A store keeps every root and every targets role; each targets role counts that a root of the
 * chain vouches for, whenever it expired.
 *
 * @param newest the targets role of today, and the root of today
 * @throws OtaError as `verifyRoots` and `ReadStore.read`
 */
export async function* pastReleaseKeys(
  store: ReadStore,
  trust: Trust,
  product: Name,
  newest: { readonly root: Metadata<Root>; readonly targets: Metadata<Targets> },
): AsyncGenerator<PastKeys> {
  yield* keysOf(newest.targets, product);
  const roots = await rootsUpTo(store, trust, newest.root.signed.version);
  for (let version = newest.targets.signed.version - 1; version >= 1; version -= 1) {
    const key = metadataKey('targets', version);
    const found = await store.read(key, MAX_BYTES.targets);
    if (!found) continue;
    const targets = parseTargets(found.bytes, key);
    if (roots.some((root) => vouches(root, targets))) yield* keysOf(targets, product);
  }
}

async function rootsUpTo(store: ReadStore, trust: Trust, last: number): Promise<readonly Metadata<Root>[]> {
  const files = [...trust.roots];
  const held = verifyRoots(files, 0);
  for (let version = (held.at(-1)?.signed.version ?? 0) + 1; version <= last; version += 1) {
    const found = await store.read(metadataKey('root', version), MAX_BYTES.root);
    if (!found) break;
    files.push(found.bytes);
  }
  return verifyRoots(files, 0);
}

const vouches = (root: Metadata<Root>, targets: Metadata<Targets>): boolean =>
  passes(() => verifyTopRole(targets, root, 'targets'));

/** A targets role of a time before the product was there says nothing of it. */
function* keysOf(targets: Metadata<Targets>, product: Name): Generator<PastKeys> {
  let keys: readonly PublicKey[] = [];
  let threshold = 0;
  if (!passes(() => ({ keys, threshold } = productDelegation(targets, product)))) return;
  yield {
    keys: new Map(keys.map((key) => [key.keyid, key])),
    threshold,
    targets: targets.signed.version,
  };
}

function passes(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof OtaError) return false;
    throw error;
  }
}
