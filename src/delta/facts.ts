import { equalBytes, utf8 } from '../core/bytes.ts';
import { DELTA_FORMATS, type DeltaFormat } from '../core/delta-formats.ts';
import type { Digest } from '../core/digest.ts';
import type { ByteSource } from '../core/source.ts';
import { BSDIFF_MAGIC, bsdiffMemory, readBsdiffHeader } from './compat/bsdiff-header.ts';
import { VCDIFF_MAGIC } from './compat/vcdiff/header.ts';
import { readVcdiffHeader } from './compat/vcdiff/read.ts';
import { readDeltaHeader } from './format.ts';
import { invalid } from './invalid.ts';

/** What a delta of any format says of itself. */
export interface DeltaFacts {
  readonly format: DeltaFormat;
  /** Bytes of the new image. */
  readonly newLength: number;
  /** Bytes that applying takes on a device. */
  readonly memory: number;
  /** The images that it leads from and to; only our own format knows them. */
  readonly images?: { readonly old: Digest; readonly new: Digest };
  /** How it is coded, for people. */
  readonly coder: string;
}

/** The longest of the magic numbers. */
const MAGIC_MAX = 9;
const MAGICS: Readonly<Record<DeltaFormat, Uint8Array>> = {
  otad: utf8('otadelta'),
  bsdiff40: utf8(BSDIFF_MAGIC),
  vcdiff: VCDIFF_MAGIC,
};

/** By the first bytes of a file. */
export const formatOf = (start: Uint8Array): DeltaFormat | undefined =>
  DELTA_FORMATS.find((format) => {
    const magic = MAGICS[format];
    return equalBytes(start.subarray(0, magic.length), magic);
  });

/** @throws OtaError `delta-invalid` where it starts like none that is known */
export async function recogniseDelta(patch: ByteSource): Promise<DeltaFormat> {
  const format = formatOf(await patch.read(0, Math.min(MAGIC_MAX, patch.length)));
  if (format) return format;
  throw invalid(`it starts like none of ${DELTA_FORMATS.join(', ')}`);
}

/**
 * Reads what a delta says of itself.
 *
 * @param oldLength of the image that it is for: `bspatch` holds it in memory
 * @throws OtaError `delta-invalid`
 */
export async function readFacts(
  format: DeltaFormat,
  patch: ByteSource,
  oldLength: number,
): Promise<DeltaFacts> {
  switch (format) {
    case 'otad': {
      const { memory, coder, old, new: fresh } = await readDeltaHeader(patch);
      return { format, newLength: fresh.length, memory, coder, images: { old, new: fresh } };
    }
    case 'bsdiff40': {
      const { newLength } = await readBsdiffHeader(patch);
      return { format, newLength, memory: bsdiffMemory(oldLength, newLength), coder: 'bzip2' };
    }
    case 'vcdiff': {
      const { newLength, memory } = await readVcdiffHeader(patch);
      return { format, newLength, memory, coder: 'nothing' };
    }
  }
}
