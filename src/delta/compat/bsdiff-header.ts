import type { ByteSource } from '../../core/source.ts';
import { IMAGE_MAX } from '../format.ts';
import { invalid } from '../invalid.ts';

export const BSDIFF_MAGIC = 'BSDIFF40';
export const BSDIFF_HEADER = 32;
/** What libbz2 says that it takes to read a stream of level 9. */
const BZIP2_MEMORY = 3_700_000;

/** The lengths that a BSDIFF40 patch starts with; what follows are three bzip2 streams: controls, differences, insertions. */
export interface BsdiffHeader {
  readonly controls: number;
  readonly differences: number;
  readonly newLength: number;
}

/** 8 bytes, little-endian, the sign in the highest bit. */
export function putOffset(into: Uint8Array, at: number, value: number): void {
  const view = new DataView(into.buffer, into.byteOffset + at, 8);
  view.setBigUint64(0, BigInt(Math.abs(value)), true);
  if (value < 0) into[at + 7] = (into[at + 7] as number) | 0x80;
}

/** @throws OtaError `delta-invalid` for a number that no image needs */
export function readOffset(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8);
  const raw = view.getBigUint64(0, true);
  const magnitude = Number(raw & 0x7fff_ffff_ffff_ffffn);
  if (magnitude > IMAGE_MAX) throw invalid('a number in it is too large');
  return raw >> 63n === 0n ? magnitude : -magnitude;
}

export function encodeBsdiffHeader({ controls, differences, newLength }: BsdiffHeader): Uint8Array {
  const bytes = new Uint8Array(BSDIFF_HEADER);
  new TextEncoder().encodeInto(BSDIFF_MAGIC, bytes);
  putOffset(bytes, 8, controls);
  putOffset(bytes, 16, differences);
  putOffset(bytes, 24, newLength);
  return bytes;
}

/** @throws OtaError `delta-invalid` */
export async function readBsdiffHeader(patch: ByteSource): Promise<BsdiffHeader> {
  if (patch.length < BSDIFF_HEADER) throw invalid('it is cut short');
  const bytes = await patch.read(0, BSDIFF_HEADER);
  const magic = String.fromCharCode(...bytes.subarray(0, BSDIFF_MAGIC.length));
  if (magic !== BSDIFF_MAGIC) throw invalid('it does not start as a BSDIFF40 patch does');
  const [controls, differences, newLength] = [8, 16, 24].map((at) => readOffset(bytes, at)) as [
    number,
    number,
    number,
  ];
  if (controls < 0 || differences < 0 || newLength < 0) throw invalid('a length in it is negative');
  if (controls + differences > patch.length - BSDIFF_HEADER) throw invalid('its parts are longer than it is');
  return { controls, differences, newLength };
}

/** Bytes that `bspatch` takes to apply a patch: both images, and a reader of bzip2 for each of the three streams. */
export const bsdiffMemory = (oldLength: number, newLength: number): number =>
  oldLength + newLength + 3 * BZIP2_MEMORY;
