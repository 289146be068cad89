import { concatBytes } from '../../../src/core/bytes.ts';
import type { Digest } from '../../../src/core/digest.ts';
import { OtaError } from '../../../src/core/errors.ts';
import { type ByteSource, memorySource } from '../../../src/core/source.ts';
import { type ApplyOptions, applyDelta } from '../../../src/delta/apply.ts';
import type { Coding } from '../../../src/delta/coder/coding.ts';
import { encode } from '../../../src/delta/coder/encode.ts';
import { type CreateOptions, createDelta } from '../../../src/delta/create.ts';
import { encodeHeader, SECTIONS, type Section, type SectionName } from '../../../src/delta/format.ts';
import { putVarint, zigzag } from '../../../src/delta/varint.ts';

/** Everything that a stream gives; copied, so that a buffer that is used again would show. */
export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return concatBytes(...parts);
}

export const make = (old: Uint8Array, fresh: Uint8Array, options?: CreateOptions): Promise<Uint8Array> =>
  collect(createDelta(memorySource(old), memorySource(fresh), options));

export const apply = (old: Uint8Array, patch: Uint8Array, options?: ApplyOptions): Promise<Uint8Array> =>
  collect(applyDelta(memorySource(old), memorySource(patch), options));

/** The code of the OtaError that a promise ends with; anything else that it throws is thrown on. */
export async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (error instanceof OtaError) return error.code;
    throw error;
  }
}

/** Bytes that look random and are always the same. */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed | 1;
  for (let index = 0; index < length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state;
  }
  return bytes;
}

export const varints = (...values: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(8 * values.length);
  const end = values.reduce((at, value) => putVarint(bytes, at, value), 0);
  return bytes.subarray(0, end);
};

export const control = (add: number, insert: number, seek: number): Uint8Array =>
  varints(add, insert, zigzag(seek));

/** The sections of a delta, decoded; one that is empty is left out of the table. */
export type Body = Readonly<Partial<Record<SectionName, Uint8Array>>>;

export const DEFLATE: Coding = { coder: 'deflate', windowBits: 15 };

/** A header with nothing after it; its lengths and digests are as given. */
export const headerOf = (
  old: Digest,
  fresh: Digest,
  sections: readonly Section[] = [],
  steps = 1,
  group = 1,
  bits: { readonly blockBits?: number; readonly labelBits?: number; readonly packing?: number } = {},
): Uint8Array =>
  encodeHeader({ old, new: fresh, steps, group, sections, blockBits: 0, labelBits: 0, ...bits });

/** A delta with sections of one's own, forged from the bytes up. */
export async function forge(
  old: Digest,
  fresh: Digest,
  body: Body,
  options: {
    readonly steps: number;
    readonly group?: number;
    readonly coding?: Coding;
    readonly blockBits?: number;
    readonly labelBits?: number;
    readonly packing?: number;
  },
): Promise<Uint8Array> {
  const { coding = DEFLATE, steps, group } = options;
  const sections: Section[] = [];
  const coded: Uint8Array[] = [];
  for (const name of SECTIONS) {
    const raw = body[name] ?? new Uint8Array();
    if (raw.length === 0) continue;
    const bytes = await collect(encode([raw], coding, raw.length));
    coded.push(bytes);
    sections.push({ name, coding, length: raw.length, coded: bytes.length });
  }
  return concatBytes(headerOf(old, fresh, sections, steps, group, options), ...coded);
}

/** A source that counts what is asked of it. */
export function counted(
  source: ByteSource,
): ByteSource & { readonly largest: number; readonly reads: number } {
  let largest = 0;
  let reads = 0;
  return {
    length: source.length,
    read: (offset, length) => {
      largest = Math.max(largest, length);
      reads++;
      return source.read(offset, length);
    },
    get largest() {
      return largest;
    },
    get reads() {
      return reads;
    },
  };
}
