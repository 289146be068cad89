/**
 * Packed streams inside images: how they are found, unpacked, and packed again to the same bytes.
 *
 * A delta of compressed bytes is hardly smaller than the bytes. Here it is made between images whose packed streams are
 * replaced by what they hold (docs/formats/delta.md, "Packed streams"). Two things plug in, a file each:
 *
 * - a **codec** (`codecs/`, listed in registry.ts) unpacks a stream, and packs bytes exactly as one version of one encoder does;
 * - a **finder** (`finders/`, listed in registry.ts) reads a container format and tells where its packed streams are.
 *
 * A finder may be wrong: each stream is unpacked, packed again and compared when a delta is made, and one that does not come out
 * as it was stays packed. A finder only decides what is worth trying, a codec only has to be deterministic.
 */

/** Settings of a codec in its own order: integers from 0 to 2^53-1. What each means is in docs/formats/delta.md. */
export type CodecParams = readonly number[];

export interface Codec {
  /** What names it in a delta; never given to another algorithm, nor to another version that packs differently. */
  readonly id: number;
  /** What a person and a release file call it: the encoder, and the versions of it that give the same bytes. */
  readonly name: string;
  /** Bytes that unpacking or packing take beside the packed and the unpacked stream, whichever takes more. */
  memory(params: CodecParams): number;
  /** Whether settings from a delta are ones that it has. */
  accepts(params: CodecParams): boolean;
  /** Whether it can work on this machine. */
  available(): Promise<boolean>;
  /**
   * What a whole stream holds, at most `most` bytes; it never makes more than that to find out.
   *
   * @throws StreamDamage where the stream is damaged, holds more, or is followed by bytes that are not part of it
   */
  decode(packed: Uint8Array, most: number, params: CodecParams): Promise<Uint8Array>;
  /** Packs; always the same bytes for the same settings. */
  encode(raw: Uint8Array, params: CodecParams): Promise<Uint8Array>;
  /**
   * Whether a stream that holds `raw` may have been packed with settings, by its first bytes: never false where it was. A codec
   * that takes long to pack has this.
   */
  mayHave?(packed: Uint8Array, raw: Uint8Array, params: CodecParams): Promise<boolean>;
}

/** The most bytes that one stream may hold: both it and its packed bytes are in memory at once. */
export const STREAM_MAX = 2 ** 28;

/** By what a stream is unpacked and packed. */
export interface Packer {
  readonly codec: Codec;
  readonly params: CodecParams;
}

/** A stream that cannot be unpacked. */
export class StreamDamage extends Error {
  override readonly name = 'StreamDamage';
}

/** What may have packed a stream. */
type Ways = Pick<FoundStream, 'codec' | 'guesses'>;

/** A packed stream in an image, as a finder tells it. */
export interface FoundStream {
  /** Where its packed bytes start in the image, and how many they are. */
  readonly offset: number;
  readonly length: number;
  /** The most bytes that it may hold. */
  readonly most: number;
  readonly codec: Codec;
  /** Settings that it may have been packed with, the likeliest first; at least one. */
  readonly guesses: readonly CodecParams[];
  /** Other codecs that unpack the same and may have packed it. */
  readonly others?: readonly Ways[];
  /** Streams of one file have the same number: where one of them changes, all are unpacked, so that the file is in one piece. */
  readonly group?: number;
}
