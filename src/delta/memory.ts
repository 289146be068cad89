import { OtaError } from '../core/errors.ts';
import { formatSize } from '../core/sizes.ts';

export type Coder = 'brotli' | 'deflate';

/** What decides how much memory applying takes: docs/formats/delta.md, "Memory". */
export interface CoderPlan {
  readonly coder: Coder;
  /** The coder's window is 2^bits bytes. */
  readonly windowBits: number;
  /** The most bytes of streams in one window of the delta. */
  readonly limit: number;
}

interface Range {
  readonly least: number;
  readonly most: number;
}

/** What a decoder has to accept. */
export const WINDOW_BITS: Readonly<Record<Coder, Range>> = {
  brotli: { least: 10, most: 24 },
  deflate: { least: 9, most: 15 },
};
export const LIMIT: Range = { least: 1024, most: 2 ** 24 };

/**
 * State and code tables beside the window. Deflate: zlib's inflate. Brotli: the most that RFC 7932 lets a stream ask
 * for, 256 codes each of literals, commands and distances at 630, 1080 and 920 entries of 4 bytes, and context maps.
 */
const TABLES: Readonly<Record<Coder, number>> = { brotli: 3 * 2 ** 20, deflate: 8 * 1024 };
/** Pieces of the delta, the old and the new image, and the two digests in progress. */
const BUFFERS = 4096;

/** Brotli's encoder at its best takes 8 bytes for each byte of its window: 4 MiB keep creation in bounds too. */
const BROTLI_BITS: Range = { least: 16, most: 21 };
const USUAL_LIMIT = 2 ** 20;

/** Bytes that applying needs beyond code and constant tables. */
export function memoryOf(plan: CoderPlan): number {
  return 2 ** plan.windowBits + TABLES[plan.coder] + plan.limit + BUFFERS;
}

/**
 * The best coder for a device that can spend `memory` bytes on applying (unbounded: up to about 6 MiB), no larger than
 * what an image of `length` bytes can use.
 *
 * @throws OtaError `delta-too-large` where the least that any coder takes is more
 */
export function planCoder(memory: number | undefined, length: number): CoderPlan {
  const useful = Math.min(
    USUAL_LIMIT,
    Math.max(LIMIT.least, 2 ** Math.ceil(Math.log2(Math.max(1, length) * 1.25))),
  );
  const budget = memory ?? Number.POSITIVE_INFINITY;
  for (const [coder, { least, most }] of [
    ['brotli', BROTLI_BITS],
    ['deflate', WINDOW_BITS.deflate],
  ] as const) {
    for (let windowBits = most; windowBits >= least; windowBits--) {
      // A window of twice the image's size holds it as well as a larger one.
      if (windowBits > least && 2 ** (windowBits - 1) >= 2 * length) continue;
      const left = budget - memoryOf({ coder, windowBits, limit: 0 });
      const wanted = Math.min(useful, Math.max(LIMIT.least, 2 ** (windowBits - 1)));
      if (left >= wanted) return { coder, windowBits, limit: Math.floor(Math.min(left, useful)) };
    }
  }
  const least = memoryOf({ coder: 'deflate', windowBits: WINDOW_BITS.deflate.least, limit: LIMIT.least });
  throw new OtaError('delta-too-large', `no delta can be applied in ${formatSize(budget)}`, {
    hint: `Allow the device at least ${least} bytes, or ship the full image.`,
  });
}
