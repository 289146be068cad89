import type { Seconds } from '../../core/time.ts';
import { MEDIA_FILE } from '../layout.ts';
import { type Age, tooOld } from './age.ts';
import type { Expected } from './expected.ts';

/** What was found of one file. */
export type FileState =
  | 'unchosen'
  | 'reading'
  | 'genuine'
  /** Its bytes are others, or of another length. */
  | 'changed'
  | 'missing'
  /** Some of its parts are missing. */
  | 'torn'
  | 'unreadable';

/** How far a medium was checked. */
export interface Findings {
  readonly chain:
    | { readonly kind: 'untyped' }
    /** The typed fingerprint leads to no root, or the roles do not follow from it. */
    | { readonly kind: 'refused'; readonly why: string }
    | { readonly kind: 'held'; readonly ages: readonly (Age & { readonly product: string })[] };
  /** Files that a device may read. */
  readonly files: readonly (Expected & { readonly state: FileState })[];
  /** What the whole medium that was chosen shows of its list, `ota-media.json`. */
  readonly list?: 'damaged' | 'missing';
  /** What its own list lacks, as sentences. */
  readonly lacks: readonly string[];
  readonly now: Seconds;
}

/** What to make of a medium. `good` is said only when the chain and every file were checked. */
export interface Verdict {
  readonly mood: 'good' | 'bad' | 'warn' | 'open';
  readonly headline: string;
  /** What was found. */
  readonly why: readonly string[];
  /** What to do next. */
  readonly todo: string;
}

const ANOTHER =
  'Do not use this medium. Ask whoever gave it to you for another copy, and say what stands here.';
const SHOWN = 5;

/** The verdict on a medium by what was found so far. */
export function verdictOf({ chain, files, list, lacks, now }: Findings): Verdict {
  if (chain.kind === 'refused')
    return { mood: 'bad', headline: 'Not to be trusted', why: [chain.why], todo: ANOTHER };
  const needed = files.filter(({ signed }) => signed);
  const faulty = needed.filter(({ state }) => FAULTS.has(state));
  if (faulty.length > 0 || list !== undefined) return damaged(faulty, list);
  if (lacks.length > 0) {
    return {
      mood: 'bad',
      headline: 'Not all is on it',
      why: shown(lacks),
      todo: 'Some devices cannot be updated with this medium. Ask whoever made it for a complete one.',
    };
  }
  const open = needed.filter(({ state }) => state !== 'genuine');
  if (chain.kind === 'untyped') return untyped(needed.length, open.length);
  const old = chain.ages.flatMap(({ product, ...age }) =>
    tooOld(age, now).map(({ where, message }) => `${product}: ${where} ${message}`),
  );
  if (old.length > 0) return expired(old);
  if (open.length > 0) {
    const some = open.length < needed.length;
    return {
      mood: 'open',
      headline: some ? 'Signatures right, files not all checked' : 'Signatures right, files not checked yet',
      why: [
        some
          ? `${needed.length - open.length} of ${needed.length} files are genuine; ${open.length} were not chosen.`
          : 'The signatures on this medium follow from the fingerprint that you typed.',
      ],
      todo: 'Choose the folder of the medium, so that every file on it is read.',
    };
  }
  return {
    mood: 'good',
    headline: 'Genuine and whole',
    why: [
      `The signatures follow from the fingerprint that you typed, and all ${needed.length} files are what was signed.`,
    ],
    todo: 'Plug it into the device. The device checks everything once more by itself.',
  };
}

const FAULTS: ReadonlySet<FileState> = new Set(['changed', 'missing', 'torn', 'unreadable']);

const FAULT_TEXT: Readonly<Partial<Record<FileState, string>>> = {
  changed: 'is not what was signed',
  missing: 'is missing',
  torn: 'is missing a part',
  unreadable: 'cannot be read',
};

function damaged(faulty: Findings['files'], list: Findings['list']): Verdict {
  const isLost = list !== 'damaged' && faulty.every(({ state }) => state !== 'changed');
  const told =
    list === undefined
      ? []
      : [`The list of the medium is ${list} (${MEDIA_FILE}): it was not written to its end`];
  return {
    mood: 'bad',
    headline: isLost ? 'Not complete' : 'Damaged or changed',
    why: shown([...told, ...faulty.map(({ key, what, state }) => `${what} ${FAULT_TEXT[state]} (${key})`)]),
    todo: 'Do not use this medium. Copy it again from where it came from, and unmount it before you pull it; if that does not help, the stick is worn out: use another one.',
  };
}

function untyped(needed: number, open: number): Verdict {
  if (open === 0) {
    return {
      mood: 'open',
      headline: 'Whole, but not checked whose it is',
      why: [
        `All ${needed} files are what the medium itself says. That shows no damage, and says nothing about who made it.`,
      ],
      todo: 'Type the fingerprint from your sheet.',
    };
  }
  return {
    mood: 'open',
    headline: 'Not checked yet',
    why: ['What stands below is what the medium says of itself.'],
    todo: 'Type the fingerprint, then choose the folder of the medium.',
  };
}

const expired = (old: readonly string[]): Verdict => ({
  mood: 'warn',
  headline: 'Genuine, but too old',
  why: shown(old),
  todo: 'Devices that know what day it is refuse it. Ask for a medium that was made later, or for this one to be renewed (ota media refresh). If it should still count, look at the clock of this computer.',
});

function shown(lines: readonly string[]): readonly string[] {
  const rest = lines.length - SHOWN;
  return rest > 0 ? [...lines.slice(0, SHOWN), `and ${rest} more, see the list of files`] : lines;
}
