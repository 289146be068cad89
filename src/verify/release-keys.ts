import { verifyManifestSignatures } from '../bundle/signatures.ts';
import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import { type PastKeys, pastReleaseKeys } from '../publish/past-keys.ts';
import type { Metadata, Root, Targets } from '../repository/model.ts';
import type { ReadStore } from '../storage/store.ts';

export interface ReleaseSigners {
  /** Keyids whose signatures of the manifest count. */
  readonly signed: readonly string[];
  /** The version of targets whose release keys signed it, where today's did not. */
  readonly formerTargets?: number;
}

/**
 * The release keys of each product, of today and before. A release may carry signatures of a key that was rotated out since: the
 * present keys vouch for it by the role, and its bundle is genuine by those that counted when it was signed.
 */
export class ReleaseKeys {
  readonly #store: ReadStore;
  readonly #roots: readonly Metadata<Root>[];
  readonly #targets: Metadata<Targets>;
  readonly #known = new Map<Name, Promise<readonly PastKeys[]>>();

  /**
   * @param roots the chain that was verified, the last of them that of today
   * @param targets the targets role of today
   */
  constructor(store: ReadStore, roots: readonly Metadata<Root>[], targets: Metadata<Targets>) {
    this.#store = store;
    this.#roots = roots;
    this.#targets = targets;
  }

  /** @throws OtaError as `verifyManifestSignatures` by the keys of today, and as `pastReleaseKeys` */
  async signersOf(product: Name, manifest: Uint8Array, region: Uint8Array): Promise<ReleaseSigners> {
    let fault: OtaError | undefined;
    for (const { keys, threshold, targets } of await this.#keysOf(product)) {
      try {
        const { signed } = verifyManifestSignatures(manifest, region, keys, threshold);
        const current = targets === this.#targets.signed.version;
        return { signed, ...(current ? {} : { formerTargets: targets }) };
      } catch (error) {
        if (!(error instanceof OtaError) || error.code !== 'threshold-unmet') throw error;
        fault ??= error;
      }
    }
    throw (
      fault ?? new OtaError('product-unknown', `targets gives ${product} no release keys`, { where: product })
    );
  }

  /** Read once, however many releases ask. */
  #keysOf(product: Name): Promise<readonly PastKeys[]> {
    const known = this.#known.get(product) ?? this.#read(product);
    this.#known.set(product, known);
    return known;
  }

  async #read(product: Name): Promise<readonly PastKeys[]> {
    const keys: PastKeys[] = [];
    const trust = {
      roots: this.#roots.map(({ sealed }) => sealed.bytes),
      targetsBytes: this.#targets.sealed.bytes,
    };
    const root = this.#roots.at(-1);
    if (!root) return keys;
    const newest = { root, targets: this.#targets };
    for await (const past of pastReleaseKeys(this.#store, trust, product, newest)) keys.push(past);
    return keys;
  }
}
