import { sha256 } from '../../core/digest.ts';
import type { Seconds } from '../../core/time.ts';
import type { Age } from './age.ts';
import type { PageData } from './data.ts';
import { readFingerprint, slipText } from './fingerprint.ts';
import { type VerifiedMedium, verifyMedium } from './medium.ts';
import { refusalText } from './refusal.ts';
import { keysOf, rootsOf } from './trust.ts';
import type { FileState, Findings } from './verdict.ts';

/** What is known of a medium by its own word: all of it hangs together, or why not. */
export type Said = { readonly medium: VerifiedMedium } | { readonly fault: string };

/** How a fingerprint was taken: a slip of whoever typed it, or an answer. */
export type Answer =
  | { readonly kind: 'slip'; readonly message: string }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'held'; readonly medium: VerifiedMedium };

/**
 * What a medium says of itself, verified from the first root on it: that shows damage, and not who made it.
 *
 * Never throws.
 */
export async function saidBy(data: PageData): Promise<Said> {
  const [first] = rootsOf(data.files);
  if (!first) return { fault: 'There is no root on this medium, so nothing on it can be checked.' };
  try {
    return { medium: await verifyMedium(data, first) };
  } catch (error) {
    return { fault: refusalText(error, hasOtherKeys(data)) };
  }
}

/**
 * Looks for the root of a typed fingerprint and verifies the medium from it on.
 *
 * Never throws.
 */
export async function answerTo(data: PageData, typed: string): Promise<Answer> {
  const read = readFingerprint(typed);
  if ('fault' in read) return { kind: 'slip', message: read.fault };
  const roots = rootsOf(data.files);
  const anchor = roots.find(({ fingerprint }) => fingerprint === read.hex);
  if (!anchor) {
    const slip = slipText(
      read.hex,
      roots.map(({ fingerprint }) => fingerprint),
    );
    return slip === undefined
      ? { kind: 'refused', why: strange(data, read.hex) }
      : { kind: 'slip', message: slip };
  }
  try {
    return { kind: 'held', medium: await verifyMedium(data, anchor) };
  } catch (error) {
    return { kind: 'refused', why: refusalText(error, hasOtherKeys(data)) };
  }
}

/** A fingerprint that is none of the medium's roots. */
function strange(data: PageData, hex: string): string {
  const keys = rootsOf(data.files).flatMap(({ bytes }) => keysOf(bytes));
  if (keys.some(({ raw, keyid }) => hex === keyid || (raw !== undefined && hex === sha256(raw))))
    return 'What you typed is the fingerprint of a key. This page needs that of a root, which stands on another line of the sheet.';
  const count = rootsOf(data.files).length;
  return `${count === 1 ? 'The root on this medium has' : `None of the ${count} roots on this medium has`} the fingerprint that you typed: it is of another maker, older than your sheet, or your sheet is for other devices.`;
}

const hasOtherKeys = (data: PageData): boolean =>
  rootsOf(data.files).some(({ bytes }) => keysOf(bytes).some(({ raw }) => raw === undefined));

/** What was found so far. */
export interface Found {
  readonly said: Said;
  readonly answer?: Answer | undefined;
  /** By key, of files that were chosen. */
  readonly states: ReadonlyMap<string, FileState>;
  readonly list?: Findings['list'] | undefined;
}

/** What was found so far, to be judged. */
export function findingsOf({ said, answer, states, list }: Found, now: Seconds): Findings {
  const medium = answer?.kind === 'held' ? answer.medium : 'medium' in said ? said.medium : undefined;
  return {
    chain: chainOf(said, answer),
    files: (medium?.expected ?? []).map((file) => ({ ...file, state: states.get(file.key) ?? 'unchosen' })),
    ...(list === undefined ? {} : { list }),
    lacks: medium?.lacks ?? [],
    now,
  };
}

function chainOf(said: Said, answer: Answer | undefined): Findings['chain'] {
  if (answer?.kind === 'refused') return { kind: 'refused', why: answer.why };
  if (answer?.kind === 'held') return { kind: 'held', ages: agesOf(answer.medium) };
  return 'fault' in said ? { kind: 'refused', why: said.fault } : { kind: 'untyped' };
}

const agesOf = ({ products }: VerifiedMedium): readonly (Age & { readonly product: string })[] =>
  products.map(({ age, product }) => ({ ...age, product }));
