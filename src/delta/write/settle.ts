import { lzmaAvailable } from '../coder/lzma-encoder.ts';
import { Steps } from '../match/steps.ts';
import { trim } from '../match/trim.ts';
import type { Matched } from './delta.ts';
import { Insertions } from './insertions.ts';
import { quick } from './quick.ts';
import { separate } from './separate.ts';

/** What is rewritten inserts so much of the new image, and gains so many inserted bytes when it is trimmed. */
const REWRITTEN = 1 / 8;
const GAINED = 1 / 16;
/** A larger new image is not coded to compare. */
const MOST = 2 ** 25;
/** Inserted bytes by which it is judged, and half of the differences. */
const SAMPLE = 2 ** 20;

/** The steps, or where much is rewritten trimmed ones, if a quick coding of what they leave is smaller. */
export async function settle(matched: Matched): Promise<Steps> {
  const { old, fresh, steps } = matched;
  const inserted = new Insertions(fresh, steps).length;
  if (inserted < fresh.length * REWRITTEN || fresh.length > MOST || !(await lzmaAvailable())) return steps;
  const trimmed = await trim(old, fresh, steps);
  if (new Insertions(fresh, trimmed).length < inserted * (1 + GAINED)) return steps;
  const [asItIs, less] = await Promise.all([estimate(matched), estimate({ ...matched, steps: trimmed })]);
  return less < asItIs ? trimmed : steps;
}

/** The part of the new image from which on a delta of it is compared with one that inserts all of it. */
const MUCH = 1 / 10;
/** What a quick coding is larger by than the best, at most, of bytes that are worth it. */
const QUICK = 1.25;

/** Steps that insert all of the new image, where that may be smaller than `length` bytes that were made with others. */
export async function afresh({ fresh, steps }: Matched, length: number): Promise<Steps | undefined> {
  if (length < fresh.length * MUCH || fresh.length > MOST || !(await lzmaAvailable())) return undefined;
  const inserting = new Steps();
  inserting.push(0, fresh.length, 0);
  const inserted = new Insertions(fresh, inserting);
  if (new Insertions(fresh, steps).length === inserted.length) return undefined;
  return (await quick(inserted, 2 * SAMPLE)) < length * QUICK ? inserting : undefined;
}

async function estimate(matched: Matched): Promise<number> {
  const { differences } = await separate(matched, undefined);
  const parts = [quick(differences, 2 * SAMPLE), quick(new Insertions(matched.fresh, matched.steps), SAMPLE)];
  const coded = await Promise.all(parts);
  return coded.reduce((sum, bytes) => sum + bytes, 0);
}
