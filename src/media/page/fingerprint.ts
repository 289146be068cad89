import { isSha256 } from '../../core/digest.ts';

const DIGITS = 64;
const GROUP = 4;
/** No two roots are that alike by chance, and nobody can make one on purpose: of 64 digits, 56 would have to be hit. */
const MAX_SLIPS = 8;

/** A fingerprint that was typed: its 64 digits, or what is wrong with it, as a sentence. */
export type Typed = { readonly hex: string } | { readonly fault: string };

/**
 * Reads the fingerprint of a root (SHA-256 of its file) as a person types or pastes it: in groups or not, in either case, with
 * spaces, line breaks, `:` or `-` between.
 */
export function readFingerprint(text: string): Typed {
  const digits = text
    .replace(/^\s*(?:sha-?256\s*[:=]|fingerprint\s*:?)/i, '')
    .replace(/[\s:\-\u00a0\u2010-\u2015]/g, '')
    .toLowerCase();
  if (digits === '') return { fault: 'Type the fingerprint first: 64 digits, usually in 16 groups of four.' };
  const odd = [...digits].findIndex((digit) => !/[0-9a-f]/.test(digit));
  if (odd >= 0)
    return { fault: `${oddDigit([...digits][odd] ?? '', odd)} Compare it with what you were given.` };
  if (digits.length !== DIGITS) return { fault: wrongLength(digits.length) };
  return isSha256(digits) ? { hex: digits } : { fault: 'This is not a fingerprint.' };
}

const ALIKE: Readonly<Record<string, string>> = {
  o: '0 (zero)',
  l: '1 (one)',
  i: '1 (one)',
  s: '5',
  g: '9 or 6',
};

function oddDigit(char: string, index: number): string {
  const meant = ALIKE[char];
  return (
    `The ${ordinal(Math.floor(index / GROUP) + 1)} group of four has “${char}”, which no fingerprint has: it is made of 0 to 9 and a to f.` +
    (meant === undefined ? '' : ` Is it ${meant}?`)
  );
}

function wrongLength(length: number): string {
  const off = Math.abs(DIGITS - length);
  const what = `${off} ${off === 1 ? 'digit' : 'digits'} ${length < DIGITS ? 'missing' : 'too many'}`;
  return `A fingerprint has ${DIGITS} digits, and this has ${length}: ${what}. Compare it with what you were given.`;
}

/**
 * Says where a fingerprint differs from one that it nearly is: digits that were mistyped. `undefined` where it is near none. Nothing
 * of the other is told but the place.
 */
export function slipText(hex: string, known: readonly string[]): string | undefined {
  for (const other of known) {
    const wrong = [...hex].flatMap((digit, index) => (digit === other[index] ? [] : [index]));
    if (wrong.length === 0 || wrong.length > MAX_SLIPS) continue;
    const groups = [...new Set(wrong.map((index) => Math.floor(index / GROUP) + 1))].map(ordinal);
    const where = `${groups.join(', ')} ${groups.length === 1 ? 'group' : 'groups'} of four`;
    return `This looks like a slip: almost all digits are those of a root on this medium. Look at the ${where} on your sheet again.`;
  }
  return undefined;
}

/** A fingerprint as it is read: in 16 groups of four digits. */
export const grouped = (hex: string): string => (hex.match(/.{4}/g) ?? [hex]).join(' ');

function ordinal(count: number): string {
  const ending = count >= 11 && count <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][count % 10] ?? 'th');
  return `${count}${ending}`;
}
