/** How an LZMA stream models its bytes: `lc` bits of the byte before, `lp` and `pb` bits of the place as context. */
export interface LzmaProps {
  readonly lc: number;
  readonly lp: number;
  readonly pb: number;
}

/** The three in one byte, as in the header of a .lzma file. */
export const encodeProps = ({ lc, lp, pb }: LzmaProps): number => (pb * 5 + lp) * 9 + lc;

/** `undefined` for a byte that no encoder writes; `lc` and `lp` together are at most 4, as in LZMA2. */
export function decodeProps(byte: number): LzmaProps | undefined {
  const lc = byte % 9;
  const lp = Math.floor(byte / 9) % 5;
  const pb = Math.floor(byte / 45);
  return pb > 4 || lc + lp > 4 ? undefined : { lc, lp, pb };
}

export const STATES = 12;
const LENGTHS_SHORT = 8;
const LENGTHS_LONG = 256;
const SLOTS = 64;
const DISTANCES = 115;
const ALIGN = 16;

/** Where each group of probabilities starts, for tables that hold no more than the stream's `pb` and `lc` can use. */
export function lzmaLayout({ lc, lp, pb }: LzmaProps) {
  const positions = 2 ** pb;
  let at = 0;
  const take = (count: number) => {
    at += count;
    return at - count;
  };
  const length = () => ({
    choice: take(2),
    low: take(LENGTHS_SHORT * positions),
    mid: take(LENGTHS_SHORT * positions),
    high: take(LENGTHS_LONG),
  });
  const layout = {
    isMatch: take(STATES * positions),
    isRep: take(STATES),
    isRepG0: take(STATES),
    isRepG1: take(STATES),
    isRepG2: take(STATES),
    isRep0Long: take(STATES * positions),
    slot: take(4 * SLOTS),
    distance: take(DISTANCES),
    align: take(ALIGN),
    matchLength: length(),
    repLength: length(),
    literal: take(0x300 * 2 ** (lc + lp)),
  };
  return { ...layout, total: at };
}

/** Bytes of the probabilities of a decoder. */
export const lzmaTables = (props: LzmaProps): number => 2 * lzmaLayout(props).total;
