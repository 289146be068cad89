import { decodeProps, encodeProps, type LzmaProps, lzmaTables } from './lzma-model.ts';

export type Coder = 'stored' | 'deflate' | 'brotli' | 'lzma' | 'lzma2';

/** How a section is coded: docs/formats/delta.md, "Coders". */
export interface Coding {
  readonly coder: Coder;
  /** The coder's window is 2^bits bytes; 0 where it has none. */
  readonly windowBits: number;
  /** Of LZMA and LZMA2 only. */
  readonly props?: LzmaProps;
}

export const STORED: Coding = { coder: 'stored', windowBits: 0 };

interface Range {
  readonly least: number;
  readonly most: number;
}

/** What a decoder has to accept. LZMA's window may be smaller than liblzma's least: a short section needs no more. */
export const WINDOW_BITS: Readonly<Record<Coder, Range>> = {
  stored: { least: 0, most: 0 },
  deflate: { least: 9, most: 15 },
  brotli: { least: 10, most: 24 },
  lzma: { least: 0, most: 26 },
  lzma2: { least: 0, most: 26 },
};

/**
 * State and code tables beside the window. DEFLATE: zlib's inflate. Brotli: the most that RFC 7932 lets a stream ask for,
 * 256 codes each of literals, commands and distances at 630, 1080 and 920 entries of 4 bytes, and context maps.
 */
const TABLES = { stored: 0, deflate: 8 * 1024, brotli: 3 * 2 ** 20 } as const;

/** Bytes that decoding a section takes. */
export function codingMemory({ coder, windowBits, props }: Coding): number {
  if (coder === 'stored') return 0;
  const tables =
    coder === 'lzma' || coder === 'lzma2' ? lzmaTables(props ?? { lc: 0, lp: 0, pb: 0 }) : TABLES[coder];
  return 2 ** windowBits + tables;
}

const CODERS: readonly Coder[] = ['stored', 'deflate', 'brotli', 'lzma', 'lzma2'];

/** Coder, properties and window bits, a byte each. */
export const encodeCoding = ({ coder, windowBits, props }: Coding): readonly number[] => [
  CODERS.indexOf(coder),
  props ? encodeProps(props) : 0,
  windowBits,
];

/** `undefined` where there is no such coding. */
export function decodeCoding(index: number, byte: number, windowBits: number): Coding | undefined {
  const coder = CODERS[index];
  if (!coder) return undefined;
  const { least, most } = WINDOW_BITS[coder];
  if (windowBits < least || windowBits > most) return undefined;
  if (coder !== 'lzma' && coder !== 'lzma2') return byte === 0 ? { coder, windowBits } : undefined;
  const props = decodeProps(byte);
  return props && { coder, windowBits, props };
}
