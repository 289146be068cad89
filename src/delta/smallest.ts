import type { Digest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Progress } from '../core/progress.ts';
import type { ByteSource } from '../core/source.ts';
import { type Chosen, choosePacking } from './contain/choose.ts';
import { encodePacking, packingMemory } from './contain/packing.ts';
import { UnpackedImage } from './contain/unpacked-image.ts';
import type { CreateOptions } from './create.ts';
import { findPrediction } from './detect/detect.ts';
import { match } from './match/match.ts';
import { type WriteDeltaOptions, writeDelta } from './write/delta.ts';
import { afresh, settle } from './write/settle.ts';

export interface EncodeOptions extends CreateOptions {
  readonly progress: Progress;
  readonly digests: { readonly old: Digest; readonly new: Digest };
}

/** Bytes of unpacked streams of each image that are kept while a delta is made. */
const KEEP = 64 * 2 ** 20;
/** A delta of unpacked images this many times smaller than the packed streams that it makes has nothing to fear from the other. */
const CLEARLY = 8;

/**
 * The delta between two images, or between what they are when their packed streams are unpacked, whichever is smaller.
 *
 * @throws OtaError `delta-too-large` where neither can be applied in `memory` bytes
 */
export async function smallest(
  old: ByteSource,
  fresh: ByteSource,
  options: EncodeOptions,
): Promise<readonly Uint8Array[]> {
  const chosen = await choosePacking(old, fresh, options);
  const unpacked = chosen && (await unlessTooLarge(encodeUnpacked(old, fresh, chosen, options)));
  if (unpacked && CLEARLY * sizeOf(unpacked) < chosen.hidden) return unpacked;
  const plain = encode(old, fresh, options, undefined);
  if (!unpacked) return plain;
  const other = await unlessTooLarge(plain);
  return other && sizeOf(other) <= sizeOf(unpacked) ? other : unpacked;
}

async function encodeUnpacked(
  old: ByteSource,
  fresh: ByteSource,
  chosen: Chosen,
  options: EncodeOptions,
): Promise<readonly Uint8Array[]> {
  const section = encodePacking(chosen.packing);
  return encode(
    new UnpackedImage(old, chosen.old, { keep: KEEP, fault: changed }),
    new UnpackedImage(fresh, chosen.new, { keep: KEEP, fault: changed }),
    options,
    { section, memory: packingMemory(chosen.packing, section.length) },
  );
}

async function encode(
  old: ByteSource,
  fresh: ByteSource,
  { sizes, memory, predict, digests, progress }: EncodeOptions,
  packing: WriteDeltaOptions['packing'],
): Promise<readonly Uint8Array[]> {
  const total = fresh.length;
  const steps = await match(old, fresh, {
    ...(sizes === undefined ? {} : { sizes }),
    done: (done) => progress({ task: 'match', done, total }),
  });
  const matched = { old, fresh, steps: await settle({ old, fresh, steps }) };
  const prediction = predict === false ? undefined : await findPrediction(matched);
  const shared: WriteDeltaOptions = {
    digests,
    ...(memory === undefined ? {} : { memory }),
    ...(packing === undefined ? {} : { packing }),
    done: (done) => progress({ task: 'encode', done, total }),
  };
  const made = await writeDelta(matched, { ...shared, ...(prediction === undefined ? {} : { prediction }) });
  const inserting = await afresh(matched, sizeOf(made));
  const other = inserting && (await unlessTooLarge(writeDelta({ old, fresh, steps: inserting }, shared)));
  return other && sizeOf(other) < sizeOf(made) ? other : made;
}

async function unlessTooLarge<T>(made: Promise<T>): Promise<T | undefined> {
  try {
    return await made;
  } catch (error) {
    if (error instanceof OtaError && error.code === 'delta-too-large') return undefined;
    throw error;
  }
}

const sizeOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, { length }) => sum + length, 0);

const changed = (cause: Error): OtaError =>
  new OtaError('input-changed', 'an image changed while the delta was made: a packed part of it is damaged', {
    cause,
  });
