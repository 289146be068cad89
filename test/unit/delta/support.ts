import { concatBytes } from '../../../src/core/bytes.ts';
import type { Digest } from '../../../src/core/digest.ts';
import { OtaError } from '../../../src/core/errors.ts';
import { type ByteSource, memorySource } from '../../../src/core/source.ts';
import { type ApplyOptions, applyDelta } from '../../../src/delta/apply.ts';
import { encode } from '../../../src/delta/coder.ts';
import { type CreateOptions, createDelta } from '../../../src/delta/create.ts';
import { encodeHeader } from '../../../src/delta/format.ts';
import type { CoderPlan } from '../../../src/delta/memory.ts';
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

/** A window as the format has it: controls, runs, differences, insertions. */
export function windowOf(...streams: readonly Uint8Array[]): Uint8Array {
  const header = new Uint8Array(16);
  const view = new DataView(header.buffer);
  for (const [index, stream] of streams.entries()) view.setUint32(4 * index, stream.length, true);
  return concatBytes(header, ...streams);
}

export const PLAN: CoderPlan = { coder: 'deflate', windowBits: 15, limit: 4096 };

/** A delta with a body of one's own, forged from the bytes up. */
export async function forge(
  old: Digest,
  fresh: Digest,
  windows: readonly Uint8Array[],
  plan: CoderPlan = PLAN,
): Promise<Uint8Array> {
  async function* body() {
    yield* windows;
  }
  return concatBytes(encodeHeader(plan, old, fresh), await collect(encode(body(), plan, 0)));
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
