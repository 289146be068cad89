import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import type { MetadataSource } from '../device/client/fetch.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { productDelegation } from '../repository/genesis.ts';
import type { Metadata, Root, Targets } from '../repository/model.ts';
import { parseTargets } from '../repository/parse-targets.ts';
import { isSignedBy } from '../repository/verify.ts';

export interface ReleaseAuthority {
  readonly keys: ReadonlyMap<string, PublicKey>;
  readonly threshold: number;
}

/**
 * The release keys that a product had before its present ones. A release that is still listed may carry signatures of a key that
 * was rotated out since: the present keys vouch for it by the role, and its bundle is genuine by those that signed then.
 */
export class FormerKeys {
  readonly #source: MetadataSource;
  readonly #roots: readonly Metadata<Root>[];
  readonly #current: number;
  #targets: Promise<readonly Metadata<Targets>[]> | undefined;

  /** @param current the version of targets that counts now */
  constructor(source: MetadataSource, roots: readonly Metadata<Root>[], current: number) {
    this.#source = source;
    this.#roots = roots;
    this.#current = current;
  }

  /**
   * Who signed by the release keys of an earlier version of targets, the latest first.
   *
   * @param verify gives the keyids that signed, or throws
   */
  async find(
    product: Name,
    verify: (keys: ReleaseAuthority) => readonly string[],
  ): Promise<{ readonly signed: readonly string[]; readonly formerTargets: number } | undefined> {
    this.#targets ??= this.#load();
    for (const targets of await this.#targets) {
      try {
        const { keys, threshold } = productDelegation(targets, product);
        const signed = verify({ keys: new Map(keys.map((key) => [key.keyid, key])), threshold });
        return { signed, formerTargets: targets.signed.version };
      } catch (error) {
        if (!(error instanceof OtaError)) throw error;
      }
    }
    return undefined;
  }

  /** Earlier versions of targets that a root of the chain has signed; the others prove nothing. */
  async #load(): Promise<readonly Metadata<Targets>[]> {
    const found: Metadata<Targets>[] = [];
    for (let version = this.#current - 1; version > 0; version -= 1) {
      try {
        const bytes = await this.#source.announced('targets', { version }, version);
        const targets = parseTargets(bytes, 'targets.json');
        if (this.#roots.some(({ signed }) => isSignedBy(targets, signed.keys, signed.roles.targets)))
          found.push(targets);
      } catch (error) {
        if (!(error instanceof OtaError) || error.code === 'store-unreachable') throw error;
      }
    }
    return found;
  }
}
