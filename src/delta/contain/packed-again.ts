import { seal } from '../../core/digest.ts';
import type { ByteSource } from '../../core/source.ts';
import type { Packer } from './codec.ts';

/**
 * Streams of the new image that came out the same when they were packed again, while a delta was made. When the delta is tried
 * right after, what it makes of them is looked up here by its digest: packing takes longer than all the rest, and is
 * deterministic.
 */
export class PackedAgain {
  readonly #fresh: ByteSource;
  readonly #places = new Map<string, { readonly offset: number; readonly length: number }>();

  /** @param fresh the new image, packed */
  constructor(fresh: ByteSource) {
    this.#fresh = fresh;
  }

  /** Notes that `raw`, packed, is those bytes of the new image. */
  note(packer: Packer, raw: Uint8Array, place: { readonly offset: number; readonly length: number }): void {
    this.#places.set(keyOf(packer, raw), place);
  }

  /** What `raw` packs to, where that is known. */
  async find(packer: Packer, raw: Uint8Array): Promise<Uint8Array | undefined> {
    const place = this.#places.get(keyOf(packer, raw));
    return place && (await this.#fresh.read(place.offset, place.length));
  }
}

const keyOf = ({ codec, params }: Packer, raw: Uint8Array): string =>
  [codec.id, ...params, seal(raw).sha256].join(' ');
