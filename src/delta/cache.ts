import { concatBytes, utf8 } from '../core/bytes.ts';
import type { DeltaFormat } from '../core/delta-formats.ts';
import { type Digest, seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Store } from '../storage/store.ts';
import { lzmaAvailable } from './coder/lzma-encoder.ts';
import { usableCodecs } from './contain/find.ts';
import { MAKER } from './create.ts';
import { DELTA_VERSION } from './format.ts';

/** What a delta is made from; the same gives the same bytes. */
export interface DeltaKey {
  readonly images: { readonly old: Digest; readonly new: Digest };
  readonly format: DeltaFormat;
  readonly memory?: number | undefined;
  readonly unpack?: false | readonly string[] | undefined;
}

/** Counts up when the same images give another delta of a format of others than before. */
const COMPAT_MAKER = 1;
/** A delta that is longer than its image by more than this was not made here. */
const SLACK = 2 ** 16;

/**
 * Deltas that were made, in a store that several machines may share, named by what they were made from. Nothing in it is
 * trusted: one that is taken out counts only when it was applied and made the new image. A store that does not answer is told of
 * once, and not asked again.
 */
export class DeltaCache {
  readonly #open: () => Promise<Store>;
  readonly #warn: (error: OtaError) => void;
  #store: Promise<Store> | undefined;
  #fails = false;

  constructor(open: () => Promise<Store>, warn: (error: OtaError) => void) {
    this.#open = open;
    this.#warn = warn;
  }

  /** A kept delta, as it is in the store; `undefined` where there is none. */
  take(key: DeltaKey): Promise<Uint8Array | undefined> {
    return this.#attempt(async (store) => {
      const pieces = await store.stream(await nameOf(key));
      if (!pieces) return undefined;
      const most = key.images.new.length + SLACK;
      const taken: Uint8Array[] = [];
      let length = 0;
      for await (const piece of pieces) {
        length += piece.length;
        if (length > most) return undefined;
        taken.push(piece);
      }
      return concatBytes(...taken);
    });
  }

  async keep(key: DeltaKey, bytes: Uint8Array): Promise<void> {
    const { sha256, length } = seal(bytes);
    const body = {
      sha256,
      length,
      open: async function* () {
        yield bytes;
      },
    };
    await this.#attempt(async (store) => store.create(await nameOf(key), body, HEADERS));
  }

  /** Makes room for another one of its name. */
  async forget(key: DeltaKey): Promise<void> {
    await this.#attempt(async (store) => store.delete(await nameOf(key)));
  }

  async #attempt<T>(use: (store: Store) => Promise<T>): Promise<T | undefined> {
    if (this.#fails) return undefined;
    try {
      this.#store ??= this.#open();
      return await use(await this.#store);
    } catch (error) {
      if (!(error instanceof OtaError)) throw error;
      if (!this.#fails) this.#warn(error);
      this.#fails = true;
      return undefined;
    }
  }
}

const HEADERS = {
  contentType: 'application/octet-stream',
  cacheControl: 'public, max-age=31536000, immutable',
};

async function nameOf({ images, format, memory, unpack }: DeltaKey): Promise<string> {
  const maker = format === 'otad' ? await ownMaker(unpack) : [COMPAT_MAKER];
  const parts = [format, ...maker, images.old.sha256, images.new.sha256, memory ?? 'any'];
  return `${seal(utf8(parts.join(' '))).sha256}.${format}`;
}

async function ownMaker(unpack: DeltaKey['unpack']): Promise<readonly (string | number)[]> {
  const coder = (await lzmaAvailable()) ? 'lzma' : 'zlib';
  const codecs = (await usableCodecs(unpack)).map(({ name }) => name);
  return [DELTA_VERSION, MAKER, coder, ...codecs];
}
