import { type Coding, STORED } from '../coder/coding.ts';
import { encode } from '../coder/encode.ts';
import { LzmaDecoder } from '../coder/lzma-decoder.ts';
import type { LzmaProps } from '../coder/lzma-model.ts';
import { SECTIONS, type Section, type SectionName } from '../format.ts';
import { codingOf, extraMemory, type Plan } from './plan.ts';
import type { Raw } from './spool.ts';

/** A section with its bytes. */
export interface CodedSection extends Section {
  readonly pieces: readonly Uint8Array[];
}

/** Models that are tried: for bytes without structure, for text-like ones, for code in words of four. */
const MODELS: readonly LzmaProps[] = [
  { lc: 0, lp: 0, pb: 0 },
  { lc: 3, lp: 0, pb: 0 },
  { lc: 3, lp: 0, pb: 2 },
  { lc: 0, lp: 2, pb: 2 },
];
/** Up to this length no model is worth a trial. */
const SHORT = 128;
/** Up to this length every model is tried on the whole section, above it on a part from the middle. */
const SAMPLE = 2 ** 19;
/** Up to this length what LZMA writes after the last byte is cut off. */
const TRIM = 2 ** 20;

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
    plan.coder === 'lzma' && raw.length > SHORT ? MODELS.map((props) => ({ ...coding, props })) : [coding];
  const allowed = models.filter((model) => extraMemory(model) <= plan.spare / SECTIONS.length);
  const part = allowed.length > 1 ? await sample(raw) : [];
  const tried = await Promise.all(
    (allowed.length > 1 ? allowed : []).map((model) => coded(part, model, Math.min(raw.length, SAMPLE))),
  );
  const best = tried.reduce((a, b, i) => (b.length < (tried[a]?.length ?? Infinity) ? i : a), 0);
  const chosen = allowed[best] ?? coding;
  const whole =
    raw.length <= SAMPLE && tried[best] ? tried[best] : await coded(raw.pieces(), chosen, raw.length);
  const trimmed = trim(whole, chosen, raw.length);
  const length = raw.length;
  if (trimmed.length >= length) {
    return { name, coding: STORED, length, coded: length, pieces: await listed(raw) };
  }
  return { name, coding: chosen, length, coded: trimmed.length, pieces: trimmed.pieces };
}

interface Coded {
  readonly pieces: readonly Uint8Array[];
  readonly length: number;
}

async function coded(raw: ReturnType<Raw['pieces']>, coding: Coding, length: number): Promise<Coded> {
  const pieces: Uint8Array[] = [];
  for await (const piece of encode(raw, coding, length)) pieces.push(piece);
  return { pieces, length: pieces.reduce((sum, { length }) => sum + length, 0) };
}

async function listed(raw: Raw): Promise<readonly Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of raw.pieces()) pieces.push(piece);
  return pieces;
}

/** Pieces from the middle of a long section. */
async function sample(raw: Raw): Promise<readonly Uint8Array[]> {
  const from = raw.length <= SAMPLE ? 0 : Math.floor((raw.length - SAMPLE) / 2);
  const pieces: Uint8Array[] = [];
  let at = 0;
  for await (const piece of raw.pieces()) {
    if (at >= from + SAMPLE) break;
    if (at >= from) pieces.push(piece);
    at += piece.length;
  }
  return pieces;
}

/** Without liblzma's end marker: a reader knows the length. */
function trim(whole: Coded, { coder, windowBits, props }: Coding, length: number): Coded {
  if (coder !== 'lzma' || !props || length > TRIM) return whole;
  const joined = Buffer.concat(whole.pieces);
  const decoder = new LzmaDecoder(props, Math.min(2 ** windowBits, length));
  decoder.feed(joined);
  for (let left = length; left > 0; ) left -= decoder.run(left, true).length;
  const used = joined.subarray(0, joined.length - decoder.left);
  return { pieces: [used], length: used.length };
}
