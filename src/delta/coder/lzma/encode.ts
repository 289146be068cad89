import { breathe } from '../../match/breathe.ts';
import type { LzmaProps } from '../lzma-model.ts';
import { ALIGN_BITS, bitsAfter, FULL, leastOf, SLOTS, slotOf } from './distance-prices.ts';
import { LEAST_LENGTH, type LengthLayout, MOST_LENGTH } from './length-prices.ts';
import { MatchTree } from './match-tree.ts';
import { afterLiteral, afterMatch, afterRepeat, afterShort, Model, wasLiteral } from './model.ts';
import { LITERAL, REPEATS } from './nodes.ts';
import { type Edition, Parser } from './parser.ts';
import { RangeEncoder } from './range-encoder.ts';

export interface SdkOptions {
  readonly props: LzmaProps;
  /** Bytes that a match may reach back. */
  readonly dictionary: number;
  /** The SDK's "fast bytes", 5 to 273: from this length on a match is taken as it is. */
  readonly nice: number;
  readonly edition: Edition;
  /** Bytes of all of the data, where only its start is encoded. */
  readonly whole?: number;
}

/** Matches and repeats that the current edition codes before it looks up prices again. */
const STALE = 64;
/** For the old one: matches, and distances with lower bits. */
const STALE_MATCHES = 128;
const STALE_ALIGN = 16;

/** Encodes data with the very choices of the LZMA SDK's normal mode with binary trees over 4 bytes. */
class Encoder {
  readonly #data: Uint8Array;
  readonly #old: boolean;
  readonly #model: Model;
  readonly #parser: Parser;
  readonly #out: RangeEncoder;
  #matches = 0;
  #aligned = 0;
  #repeats = 0;

  #at = 0;

  constructor(
    data: Uint8Array,
    options: SdkOptions,
    search: { readonly depth: number; readonly sparse: boolean },
  ) {
    this.#data = data;
    this.#old = options.edition === 'old';
    this.#model = new Model(options);
    const { dictionary, nice, edition } = options;
    const expected = options.whole ?? data.length;
    const tree = new MatchTree(data, { dictionary, nice, expected, ...search });
    this.#parser = new Parser(tree, this.#model, nice, edition);
    this.#out = new RangeEncoder(this.#model.probs);
  }

  get at(): number {
    return this.#at;
  }

  /** Goes on up to a place, or a little further. */
  run(to: number): void {
    let at = this.#at;
    const end = Math.min(to, this.#data.length);
    if (at === 0 && end > 0) {
      this.#parser.first();
      this.#symbol(0, 1, LITERAL);
      at = 1;
    }
    while (at < end) {
      const bytes = this.#parser.step(at);
      this.#symbol(at, bytes, this.#parser.back);
      at += bytes;
    }
    this.#at = at;
  }

  finish(): Uint8Array {
    return this.#out.finish();
  }

  #symbol(at: number, bytes: number, back: number): void {
    const { state, at: layout } = this.#model;
    const position = at & this.#model.positionMask;
    this.#out.bit(this.#model.isMatch(state, position), back === LITERAL ? 0 : 1);
    if (back === LITERAL) this.#literal(at);
    else {
      this.#out.bit(layout.isRep + state, back < REPEATS ? 1 : 0);
      if (back < REPEATS) this.#repeat(back, bytes, position);
      else this.#match(back - REPEATS, bytes, position);
    }
    if (this.#parser.coded(bytes)) this.#refresh();
  }

  #literal(at: number): void {
    const model = this.#model;
    const data = this.#data;
    const base = model.literalBase(at, at === 0 ? 0 : (data[at - 1] as number));
    const byte = data[at] as number;
    if (wasLiteral(model.state)) this.#out.tree(base, byte, 8);
    else this.#out.expected(base, byte, data[at - (model.last[0] as number)] as number);
    model.state = afterLiteral(model.state);
  }

  #repeat(index: number, bytes: number, position: number): void {
    const model = this.#model;
    const { state, at, last } = model;
    this.#out.bit(at.isRepG0 + state, index === 0 ? 0 : 1);
    if (index === 0) this.#out.bit(model.isLong(state, position), bytes === 1 ? 0 : 1);
    else {
      this.#out.bit(at.isRepG1 + state, index === 1 ? 0 : 1);
      if (index > 1) this.#out.bit(at.isRepG2 + state, index - 2);
      const distance = last[index] as number;
      last.copyWithin(1, 0, index);
      last[0] = distance;
    }
    if (bytes === 1) {
      model.state = afterShort(state);
      return;
    }
    this.#length(at.repLength, bytes, position);
    if (this.#old) model.repeatLengths.coded(position);
    this.#repeats++;
    model.state = afterRepeat(state);
  }

  #match(distance: number, bytes: number, position: number): void {
    const model = this.#model;
    const { at, last } = model;
    model.state = afterMatch(model.state);
    this.#length(at.matchLength, bytes, position);
    if (this.#old) model.lengths.coded(position);
    last.copyWithin(1, 0, 3);
    last[0] = distance + 1;
    this.#matches++;
    const slot = slotOf(distance);
    this.#out.tree(at.slot + SLOTS * Math.min(bytes - LEAST_LENGTH, 3), slot, 6);
    const bits = bitsAfter(slot);
    const least = leastOf(slot);
    if (distance < FULL) this.#out.reverse(at.distance + least - slot, distance - least, bits);
    else {
      this.#out.direct((distance - least) >>> ALIGN_BITS, bits - ALIGN_BITS);
      this.#out.reverse(at.align, distance & 15, ALIGN_BITS);
      this.#aligned++;
    }
  }

  #length(at: LengthLayout, bytes: number, position: number): void {
    const length = bytes - LEAST_LENGTH;
    this.#out.bit(at.choice, length < 8 ? 0 : 1);
    if (length < 8) {
      this.#out.tree(at.low + 8 * position, length, 3);
      return;
    }
    this.#out.bit(at.choice + 1, length < 16 ? 0 : 1);
    if (length < 16) this.#out.tree(at.mid + 8 * position, length - 8, 3);
    else this.#out.tree(at.high, length - 16, 8);
  }

  /** Looks up prices that have grown stale. Each edition has a schedule of its own, which decides what it chooses. */
  #refresh(): void {
    const { distances, lengths, repeatLengths } = this.#model;
    const stale = this.#matches >= (this.#old ? STALE_MATCHES : STALE);
    if (stale) {
      this.#matches = 0;
      distances.update();
      if (!this.#old) lengths.update();
    }
    if (this.#old ? this.#aligned >= STALE_ALIGN : stale) {
      this.#aligned = 0;
      distances.updateAlign();
    }
    if (!this.#old && this.#repeats >= STALE) {
      this.#repeats = 0;
      repeatLengths.update();
    }
  }
}

/** The raw LZMA stream, without header or end marker. */
export function encodeAsSdk(data: Uint8Array, options: SdkOptions): Uint8Array {
  // The SDK looks at half as many places as a match may have bytes, and 16.
  const encoder = new Encoder(data, options, { depth: 16 + (options.nice >> 1), sparse: false });
  encoder.run(data.length);
  return encoder.finish();
}

/** Nodes that are looked at for one place of sparse data: twice as many make it 0.3 % smaller and take a tenth longer. */
const SPARSE_DEPTH = 48;
/** Bytes between two breaths. */
const STRETCH = 2 ** 18;

/**
 * A raw LZMA stream without header or end marker, of data most of which lies in long rows of zeros (`partInRows`). Their insides are
 * passed over, so that it takes two thirds of liblzma's time, and comes out about as small.
 */
export async function encodeSparse(
  data: Uint8Array,
  { props, dictionary }: Pick<SdkOptions, 'props' | 'dictionary'>,
): Promise<Uint8Array> {
  const options = { props, dictionary, nice: MOST_LENGTH, edition: 'current' } as const;
  const encoder = new Encoder(data, options, { depth: SPARSE_DEPTH, sparse: true });
  while (encoder.at < data.length) {
    encoder.run(encoder.at + STRETCH);
    await breathe();
  }
  return encoder.finish();
}
