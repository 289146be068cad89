import { concatBytes } from '../../core/bytes.ts';
import { type Coding, STORED } from '../coder/coding.ts';
import { encode } from '../coder/encode.ts';
import { encodeSparse } from '../coder/lzma/encode.ts';
import { partInRows } from '../coder/lzma/zero-rows.ts';
import { LzmaDecoder } from '../coder/lzma-decoder.ts';
import { SECTIONS, type Section, type SectionName } from '../format.ts';
import { chooseCoding, inChunks, lengthOf, MODELS, sample } from './models.ts';
import { codingOf, extraMemory, type Plan } from './plan.ts';
import type { Raw } from './spool.ts';

/** A section with its bytes. */
export interface CodedSection extends Section {
  readonly pieces: readonly Uint8Array[];
}

/** Up to this length no model is worth a trial; up to the second all are tried as they will code. */
const [SHORT, WHOLE] = [128, 2 ** 15];
/** The part of a section from which on LZMA2 is tried, too. */
const NEARLY_ALL = 3 / 4;
/** Up to this length what LZMA writes after the last byte is cut off. */
const TRIM = 2 ** 18;

/** Codes a section as small as the plan allows; nothing for one that is empty. */
export async function codeSection(
  name: SectionName,
  raw: Raw,
  plan: Plan,
): Promise<CodedSection | undefined> {
  if (raw.length === 0) return undefined;
  const windowBits = plan.bits.get(name) ?? 0;
  const coding = codingOf(plan.coder, windowBits);
  const models =
    plan.coder === 'lzma' && raw.length > SHORT ? MODELS.map((props) => ({ ...coding, props })) : [];
  const [plain = coding, ...more] = models.filter(
    (model) => extraMemory(model) <= plan.spare / SECTIONS.length,
  );
  const codings = [plain, ...more] as const;
  const compare = plan.coder === 'lzma' && raw.length > WHOLE;
  const chosen = compare ? [await chooseCoding(name, raw, codings)] : codings;
  const tried = await Promise.all(chosen.map((coding) => coding && code(raw, coding)));
  const length = raw.length;
  const first = tried.reduce((a, b) => (a && b && a.coded <= b.coded ? a : b));
  const best = first && (await orInChunks(first, raw));
  if (best && best.coded < length) return { name, length, ...best };
  return { name, coding: STORED, length, coded: length, pieces: await listed(raw) };
}

type Coded = Pick<CodedSection, 'coding' | 'coded' | 'pieces'>;

/**
 * From this length on, and with at least this window, it is worth finding out whether a section is sparse; then at least this part
 * of it is in rows of zeros.
 */
const [LONG, WIDE, SPARSE] = [2 ** 20, 20, 1 / 4];

async function isSparse(raw: Raw, { coder, windowBits }: Coding): Promise<boolean> {
  if (coder !== 'lzma' || raw.length < LONG || windowBits < WIDE) return false;
  return partInRows(await sample(raw, LONG)) >= SPARSE;
}

async function code(raw: Raw, coding: Coding): Promise<Coded> {
  const { windowBits, props } = coding;
  if (props && (await isSparse(raw, coding))) {
    const coded = await encodeSparse(concatBytes(...(await listed(raw))), {
      props,
      dictionary: 2 ** windowBits,
    });
    return { coding, coded: coded.length, pieces: [coded] };
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of encode(raw.pieces(), coding, raw.length)) pieces.push(piece);
  const trimmed = trim(pieces, coding, raw.length);
  return { coding, coded: lengthOf(trimmed), pieces: trimmed };
}

/** The same with LZMA2 where that is smaller, as it may be where LZMA leaves nearly all of a section. */
async function orInChunks(made: Coded, raw: Raw): Promise<Coded> {
  if (made.coding.coder !== 'lzma' || made.coded < raw.length * NEARLY_ALL) return made;
  const other = await code(raw, inChunks(made.coding));
  return other.coded < made.coded ? other : made;
}

async function listed(raw: Raw): Promise<readonly Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of raw.pieces()) pieces.push(piece);
  return pieces;
}

/** Without liblzma's end marker: a reader knows the length. */
function trim(
  pieces: readonly Uint8Array[],
  { coder, windowBits, props }: Coding,
  length: number,
): readonly Uint8Array[] {
  if (coder !== 'lzma' || !props || length > TRIM) return pieces;
  const joined = Buffer.concat(pieces);
  const decoder = new LzmaDecoder(props, Math.min(2 ** windowBits, length));
  decoder.feed(joined);
  for (let left = length; left > 0; ) left -= decoder.run(left, true).length;
  return [joined.subarray(0, joined.length - decoder.left)];
}
