import { invalid } from '../invalid.ts';
import { Cursor, putVarint, VARINT_MAX } from '../varint.ts';
import { type Packer, STREAM_MAX } from './codec.ts';
import { codecById } from './registry.ts';

/** The most bytes that the section may have. */
export const PACKING_MAX = 2 ** 22;
/** An image grows by at most this factor when its streams are unpacked, apart from the first bytes. */
const GROWTH = 64;
const GROWTH_FROM = 2 ** 20;
const PARAMS_MAX = 16;

/** A stream of the old image, which is unpacked. */
export interface OldStream {
  /** Where its packed bytes start in the image, and how many they are. */
  readonly offset: number;
  readonly length: number;
  /** Bytes that it holds. */
  readonly raw: number;
  readonly packer: Packer;
}

/** A stream of the new image, which is packed again. */
export interface NewStream {
  /** Where the bytes that it holds start in the unpacked image, and how many they are. */
  readonly at: number;
  readonly raw: number;
  readonly packer: Packer;
}

/** Which streams of both images are unpacked: docs/formats/delta.md, "Packed streams". In the order of their places, without overlap. */
export interface Packing {
  /** Bytes of unpacked old streams that are kept while others are read; at least the longest. */
  readonly keep: number;
  readonly old: readonly OldStream[];
  readonly new: readonly NewStream[];
  /** Bytes of the old and of the new image when unpacked. */
  readonly oldLength: number;
  readonly newLength: number;
}

/** Bytes of an image whose streams are unpacked. */
export const unpackedLength = (
  length: number,
  streams: readonly Pick<OldStream, 'length' | 'raw'>[],
): number => streams.reduce((sum, stream) => sum + stream.raw - stream.length, length);

/** Whether unpacking makes so much of an image that it is refused. */
export const growsTooMuch = (unpacked: number, length: number): boolean =>
  unpacked > GROWTH_FROM + GROWTH * length;

/** Bytes that unpacking and packing take when a delta is applied: docs/formats/delta.md, "Memory". */
export function packingMemory(packing: Packing, sectionLength: number): number {
  const largest = (sizes: readonly number[]) => sizes.reduce((most, size) => Math.max(most, size), 0);
  const packers = new Set([...packing.old, ...packing.new].map(({ packer }) => packer));
  return (
    8 * sectionLength +
    packing.keep +
    largest(packing.old.map(({ length }) => length)) +
    2 * largest(packing.new.map(({ raw }) => raw)) +
    largest([...packers].map(({ codec, params }) => codec.memory(params)))
  );
}

export function encodePacking(packing: Packing): Uint8Array {
  const packers: Packer[] = [];
  const numberOf = (packer: Packer): number => {
    const known = packers.findIndex((other) => samePacker(other, packer));
    return known >= 0 ? known : packers.push(packer) - 1;
  };
  const values = [
    ...column(packing.old, (stream, before) => stream.offset - (before ? before.offset + before.length : 0)),
    ...packing.old.map(({ length }) => length),
    ...packing.old.map(({ raw }) => raw),
    ...packing.old.map(({ packer }) => numberOf(packer)),
    ...[packing.new.length, packing.newLength],
    ...column(packing.new, (stream, before) => stream.at - (before ? before.at + before.raw : 0)),
    ...packing.new.map(({ raw }) => raw),
    ...packing.new.map(({ packer }) => numberOf(packer)),
  ];
  const head = [
    packing.keep,
    packers.length,
    ...packers.flatMap(({ codec, params }) => [codec.id, params.length, ...params]),
    packing.old.length,
  ];
  const bytes = new Uint8Array(VARINT_MAX * (head.length + values.length));
  let at = 0;
  for (const list of [head, values]) for (const value of list) at = putVarint(bytes, at, value);
  return bytes.subarray(0, at);
}

export const samePacker = (a: Packer, b: Packer): boolean =>
  a.codec === b.codec &&
  a.params.length === b.params.length &&
  a.params.every((value, index) => value === b.params[index]);

const column = <T>(list: readonly T[], value: (item: T, before: T | undefined) => number): number[] =>
  list.map((item, index) => value(item, list[index - 1]));

/**
 * @param oldLength bytes of the old image, packed
 * @param newLength bytes of the new image, packed
 * @throws OtaError `delta-invalid`
 */
export function decodePacking(bytes: Uint8Array, oldLength: number, newLength: number): Packing {
  const cursor = new Cursor(bytes);
  const next = (): number => {
    const value = cursor.varint();
    if (value === undefined) throw invalid('its list of packed streams is damaged');
    return value;
  };
  // Each stream takes at least three bytes, so that a count cannot ask for more than there is.
  const count = (): number => {
    const value = next();
    if (value > cursor.left) throw invalid('its list of packed streams is damaged');
    return value;
  };
  const numbers = (length: number): number[] => Array.from({ length }, next);
  const keep = next();
  const packers = Array.from({ length: count() }, () => decodePacker(next));
  const packerAt = (index: number): Packer => {
    const packer = packers[index];
    if (!packer) throw invalid('a packed stream has no codec');
    return packer;
  };
  const size = (raw: number): number => {
    if (raw === 0 || raw > STREAM_MAX) throw invalid(`a packed stream holds ${raw} bytes`);
    return raw;
  };

  const olds = count();
  const [gaps, lengths, raws, ofOld] = [numbers(olds), numbers(olds), numbers(olds), numbers(olds)];
  const old: OldStream[] = [];
  let end = 0;
  for (let index = 0; index < olds; index++) {
    const offset = end + (gaps[index] as number);
    const length = lengths[index] as number;
    end = offset + length;
    if (length === 0 || end > oldLength) throw invalid('a packed stream lies outside the old image');
    old.push({ offset, length, raw: size(raws[index] as number), packer: packerAt(ofOld[index] as number) });
  }

  const news = count();
  const unpacked = next();
  const [newGaps, newRaws, ofNew] = [numbers(news), numbers(news), numbers(news)];
  const fresh: NewStream[] = [];
  end = 0;
  for (let index = 0; index < news; index++) {
    const at = end + (newGaps[index] as number);
    const raw = size(newRaws[index] as number);
    end = at + raw;
    if (end > unpacked) throw invalid('a packed stream lies outside the new image');
    fresh.push({ at, raw, packer: packerAt(ofNew[index] as number) });
  }
  if (cursor.left > 0) throw invalid('its list of packed streams goes on after its end');
  const lengthOfOld = unpackedLength(oldLength, old);
  if (growsTooMuch(lengthOfOld, oldLength) || growsTooMuch(unpacked, newLength)) {
    throw invalid('its streams hold more than images of that length can');
  }
  const longest = old.reduce((most, { raw }) => Math.max(most, raw), 0);
  if (keep < longest) throw invalid('it keeps less than its longest stream');
  return { keep, old, new: fresh, oldLength: lengthOfOld, newLength: unpacked };
}

function decodePacker(next: () => number): Packer {
  const id = next();
  const count = next();
  if (count > PARAMS_MAX) throw invalid('a codec has too many settings');
  const params = Array.from({ length: count }, next);
  const codec = codecById(id);
  if (!codec) throw invalid(`a codec ${id} is not known`, 'Use a newer release of ota, or the full image.');
  if (!codec.accepts(params)) throw invalid(`${codec.name} has no such settings`);
  return { codec, params };
}
