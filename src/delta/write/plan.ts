import { OtaError } from '../../core/errors.ts';
import { formatSize } from '../../core/sizes.ts';
import { type Coding, codingMemory, STORED, WINDOW_BITS } from '../coder/coding.ts';
import type { LzmaProps } from '../coder/lzma-model.ts';
import { type MemoryFields, memoryOf, type SectionName } from '../format.ts';

/** The largest windows that are used: more gain little, and the encoder takes 12 times as much. */
const MOST_BITS = { stored: 0, deflate: 15, brotli: 21, lzma: 24 } as const;
/** The least that is worth trying where memory is short; liblzma has no smaller dictionary. */
const LEAST_BITS = { stored: 0, deflate: 9, brotli: 16, lzma: 12 } as const;

/** A coder that is planned for; a section may be coded with LZMA2 where LZMA is, since it takes as much. */
export type PlannedCoder = keyof typeof MOST_BITS;

const SMALLEST: LzmaProps = { lc: 0, lp: 0, pb: 0 };

/** What the plan has to leave room for. */
export type Fixed = Pick<MemoryFields, 'steps' | 'blockBits' | 'labelBits' | 'packing'>;

export interface RawSection {
  readonly name: SectionName;
  readonly length: number;
}

/** How the sections may be coded so that applying fits a device's memory. */
export interface Plan {
  readonly coder: PlannedCoder;
  readonly group: number;
  /** The window bits of each section, by its name. */
  readonly bits: ReadonlyMap<SectionName, number>;
  /** Bytes left for larger models. */
  readonly spare: number;
}

/** Steps whose numbers stand together, and the memory from which on that many are worth it. */
const GROUPS = [
  [1024, 2 ** 19],
  [64, 0],
  [1, 0],
] as const;

const BLOCK_BITS = 10;
/** Sizes of the table of labels, and the memory from which on they are worth it. */
const LABEL_BITS = [
  [16, 2 ** 23],
  [14, 2 ** 20],
  [9, 2 ** 15],
] as const;

/** What prediction may use of a device's memory. */
export function predictionBits(memory: number | undefined): Pick<Fixed, 'blockBits' | 'labelBits'> {
  const size = LABEL_BITS.find(([, from]) => memory === undefined || memory >= from);
  return { blockBits: BLOCK_BITS, labelBits: size?.[0] ?? 0 };
}

export const NO_PREDICTION = { blockBits: 0, labelBits: 0 } as const;

/**
 * The largest windows, section by section, that fit `memory` bytes, no larger than what a section can use.
 *
 * @throws OtaError `delta-too-large` where not even the smallest fit
 */
export function planSections(
  sections: readonly RawSection[],
  fixed: Fixed,
  memory: number | undefined,
  lzma: boolean,
): Plan {
  const budget = memory ?? Number.POSITIVE_INFINITY;
  const coders: readonly PlannedCoder[] = lzma ? ['lzma', 'stored'] : ['brotli', 'deflate', 'stored'];
  let least = 0;
  for (const coder of coders) {
    for (const [group, from] of GROUPS) {
      if (budget < from) continue;
      const bits = new Map(sections.map(({ name, length }) => [name, usefulBits(coder, length)]));
      for (;;) {
        const used = memoryOf({
          ...fixed,
          group,
          sections: sections.map(({ name, length }) => ({
            name,
            length,
            coded: length,
            coding: codingOf(coder, bits.get(name) ?? 0),
          })),
        });
        if (used <= budget) return { coder, group, bits, spare: budget - used };
        least = used;
        const [widest, width] = [...bits].reduce((a, b) => (b[1] > a[1] ? b : a), ['controls', 0] as const);
        if (width <= LEAST_BITS[coder]) break;
        bits.set(widest as SectionName, width - 1);
      }
    }
  }
  return tooSmall(budget, least);
}

/** The coding with the smallest model, which any larger one replaces where the memory is there. */
export const codingOf = (coder: PlannedCoder, windowBits: number, props = SMALLEST): Coding => {
  if (coder === 'stored') return STORED;
  return coder === 'lzma' ? { coder, windowBits, props } : { coder, windowBits };
};

/** What a coding takes beyond the one that is planned for. */
export const extraMemory = (coding: Coding): number =>
  codingMemory(coding) - codingMemory({ ...coding, ...(coding.props ? { props: SMALLEST } : {}) });

function usefulBits(coder: PlannedCoder, length: number): number {
  const needed = Math.ceil(Math.log2(Math.max(2, length)));
  return Math.max(WINDOW_BITS[coder].least, Math.min(MOST_BITS[coder], needed));
}

/** What every delta takes, with sections that are not coded. */
const LEAST_MEMORY = memoryOf({
  steps: 0,
  group: 1,
  blockBits: 0,
  labelBits: 0,
  sections: [],
});

function tooSmall(memory: number, least: number): never {
  throw new OtaError('delta-too-large', `no delta can be applied in ${formatSize(memory)}`, {
    hint: `Allow the device at least ${least} bytes, or ship the full image.`,
  });
}

/** @throws OtaError `delta-too-large` where no delta at all can be applied in so little memory */
export function checkMemory(memory: number | undefined): void {
  if (memory !== undefined && memory < LEAST_MEMORY) tooSmall(memory, LEAST_MEMORY);
}
