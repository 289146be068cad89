import { fromHex, toHex, utf8 } from '../core/bytes.ts';
import type { Digest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { ByteSource } from '../core/source.ts';
import { type Coder, type CoderPlan, LIMIT, memoryOf, WINDOW_BITS } from './memory.ts';

/** The name of the format in target paths and file names. */
export const DELTA_FORMAT = 'otad';
export const DELTA_VERSION = 1;

/** Bytes of the header: docs/formats/delta.md, "Header". */
export const HEADER_LENGTH = 104;
/** No image is longer, so that no sum or difference of places leaves the safe integers. */
export const IMAGE_MAX = 2 ** 48;

const MAGIC = utf8('otadelta');
const CODERS: readonly (Coder | undefined)[] = [undefined, 'deflate', 'brotli'];

export interface DeltaHeader extends CoderPlan {
  readonly format: typeof DELTA_FORMAT;
  readonly version: typeof DELTA_VERSION;
  /** The image that it applies to. */
  readonly old: Digest;
  /** The image that it makes. */
  readonly new: Digest;
  /** Bytes that applying needs beyond code and constant tables. */
  readonly memory: number;
}

export function encodeHeader(plan: CoderPlan, old: Digest, fresh: Digest): Uint8Array {
  const bytes = new Uint8Array(HEADER_LENGTH);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint8(8, DELTA_VERSION);
  view.setUint8(9, CODERS.indexOf(plan.coder));
  view.setUint8(10, plan.windowBits);
  view.setUint32(12, plan.limit, true);
  view.setUint32(16, memoryOf(plan), true);
  view.setBigUint64(24, BigInt(old.length), true);
  view.setBigUint64(32, BigInt(fresh.length), true);
  bytes.set(fromHex(old.sha256) ?? [], 40);
  bytes.set(fromHex(fresh.sha256) ?? [], 72);
  return bytes;
}

/**
 * Reads what a delta says of itself, from its first 104 bytes alone.
 *
 * @throws OtaError `delta-invalid`
 */
export async function readDeltaHeader(patch: ByteSource): Promise<DeltaHeader> {
  if (patch.length < HEADER_LENGTH) throw invalid(`it has ${patch.length} bytes, fewer than a header`);
  const bytes = await patch.read(0, HEADER_LENGTH);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!MAGIC.every((byte, index) => bytes[index] === byte))
    throw invalid('it does not start with "otadelta"');
  const version = view.getUint8(8);
  if (version !== DELTA_VERSION) {
    throw invalid(`its version is ${version}`, `Use a release of ota that reads version ${version}.`);
  }
  const plan = readPlan(view);
  if (view.getUint32(16, true) !== memoryOf(plan))
    throw invalid('the memory it declares is not what it takes');
  if (view.getUint8(11) !== 0 || view.getUint32(20, true) !== 0) throw invalid('a reserved byte is not zero');
  return {
    format: DELTA_FORMAT,
    version,
    ...plan,
    memory: memoryOf(plan),
    old: { length: readLength(view, 24), sha256: toHex(bytes.subarray(40, 72)) },
    new: { length: readLength(view, 32), sha256: toHex(bytes.subarray(72, 104)) },
  };
}

function readPlan(view: DataView): CoderPlan {
  const coder = CODERS[view.getUint8(9)];
  if (!coder) throw invalid(`its coder ${view.getUint8(9)} is not known`);
  const windowBits = view.getUint8(10);
  const { least, most } = WINDOW_BITS[coder];
  if (windowBits < least || windowBits > most) throw invalid(`${windowBits} window bits do not exist`);
  const limit = view.getUint32(12, true);
  if (limit < LIMIT.least || limit > LIMIT.most) throw invalid(`its window limit is ${limit}`);
  return { coder, windowBits, limit };
}

function readLength(view: DataView, at: number): number {
  const length = view.getBigUint64(at, true);
  if (length > BigInt(IMAGE_MAX)) throw invalid(`an image of ${length} bytes is too long`);
  return Number(length);
}

/** A delta that breaks a rule of its format; `what` says which. */
export function invalid(what: string, hint?: string, cause?: unknown): OtaError {
  return new OtaError('delta-invalid', `this is not a valid delta: ${what}`, {
    hint: hint ?? 'Fetch it again; if it is the same, use the full image.',
    ...(cause === undefined ? {} : { cause }),
  });
}
