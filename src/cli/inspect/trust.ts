import { OtaError } from '../../core/errors.ts';
import type { Name } from '../../core/names.ts';
import { productDelegation } from '../../repository/genesis.ts';
import type { Metadata, Root, Targets } from '../../repository/model.ts';
import { parseRoot } from '../../repository/parse-root.ts';
import { parseTargets } from '../../repository/parse-targets.ts';
import { loadTrust } from '../trust-folder.ts';
import type { Authority } from './authority.ts';

/** A trust folder as it stands: nothing of it was verified. */
export interface HeldTrust {
  readonly folder: string;
  readonly root: Metadata<Root>;
  readonly targets: Metadata<Targets>;
}

/**
 * The trust folder whose keys are shown as those that have to sign, read when it is first asked for.
 *
 * @param named one that the person named, which must be there; else the usual one, which need not be
 */
export function heldTrust(
  named: string | undefined,
  usual: () => Promise<string>,
): () => Promise<HeldTrust | undefined> {
  let held: Promise<HeldTrust | undefined> | undefined;
  return () => {
    held ??= named === undefined ? usual().then(load).catch(absent) : load(named);
    return held;
  };
}

async function load(folder: string): Promise<HeldTrust> {
  const { roots, targetsBytes } = await loadTrust(folder);
  return {
    folder,
    root: parseRoot(roots.at(-1) ?? new Uint8Array(), `${folder}: root`),
    targets: parseTargets(targetsBytes, `${folder}: targets`),
  };
}

function absent(error: unknown): undefined {
  if (error instanceof OtaError) return undefined;
  throw error;
}

/** Whose signatures make a release of a product genuine by a trust folder; `undefined` where that does not know it. */
export function releaseAuthority(trust: HeldTrust | undefined, product: Name): Authority | undefined {
  if (!trust) return undefined;
  try {
    const { keys, threshold } = productDelegation(trust.targets, product);
    return { source: trust.folder, threshold, keys: new Map(keys.map((key) => [key.keyid, key])) };
  } catch (error) {
    return absent(error);
  }
}
