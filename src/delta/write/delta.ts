import type { Digest } from '../../core/digest.ts';
import type { ByteSource } from '../../core/source.ts';
import { lzmaAvailable } from '../coder/lzma-encoder.ts';
import { encodeHeader } from '../format.ts';
import { breathe } from '../match/breathe.ts';
import type { Steps } from '../match/steps.ts';
import { WindowReader } from '../window-reader.ts';
import { type CodedSection, codeSection } from './code.ts';
import { controls } from './controls.ts';
import { Differences } from './differences.ts';
import { planSections } from './plan.ts';
import { Spool } from './spool.ts';

/** Bytes between two breaths. */
const STRETCH = 2 ** 20;

/** The two images, and the steps that make the second from the first. */
export interface Matched {
  readonly old: ByteSource;
  readonly fresh: ByteSource;
  readonly steps: Steps;
}

/**
 * Encodes what a match found as a delta of our own format: docs/formats/delta.md.
 *
 * @throws OtaError `delta-too-large` where it cannot be applied in `memory` bytes
 */
export async function* writeDelta(
  matched: Matched,
  digests: { readonly old: Digest; readonly new: Digest },
  options: { readonly memory?: number; readonly done?: (bytes: number) => void } = {},
): AsyncGenerator<Uint8Array> {
  const { differences, insertions } = await separate(matched, options.done);
  const { steps } = matched;
  const lzma = await lzmaAvailable();
  const raw = { runs: differences.runs, differences: differences.bytes, insertions };
  const lengths = [
    // No number of a control takes more; the plan needs no exact length.
    { name: 'controls', length: controls(steps, 1).length },
    ...Object.entries(raw).map(([name, { length }]) => ({ name: name as keyof typeof raw, length })),
  ] as const;
  const plan = planSections(
    lengths.filter(({ length }) => length > 0),
    options.memory,
    lzma,
  );
  const coded = await Promise.all([
    codeSection('controls', controls(steps, plan.group), plan),
    codeSection('runs', raw.runs, plan),
    codeSection('differences', raw.differences, plan),
    codeSection('insertions', raw.insertions, plan),
  ]);
  const sections = coded.filter((section): section is CodedSection => section !== undefined);
  yield encodeHeader({ ...digests, steps: steps.count, group: plan.group, sections });
  for (const { pieces } of sections) yield* pieces;
}

async function separate(
  { old, fresh, steps }: Matched,
  done?: (bytes: number) => void,
): Promise<{ readonly differences: Differences; readonly insertions: Spool }> {
  const differences = new Differences();
  const insertions = new Spool();
  const from = new WindowReader(old);
  const to = new WindowReader(fresh);
  let at = 0;
  let breath = STRETCH;
  for (let step = 0; step < steps.count; step++) {
    let oldAt = steps.oldAt(step);
    for (let left = steps.add(step); left > 0; ) {
      if (from.ready(oldAt, left) === 0) await from.load(oldAt);
      if (to.ready(at, left) === 0) await to.load(at);
      const count = Math.min(from.ready(oldAt, left), to.ready(at, left));
      differences.add(from.view(oldAt, count), to.view(at, count));
      oldAt += count;
      at += count;
      left -= count;
    }
    for (let left = steps.insert(step); left > 0; ) {
      if (to.ready(at, left) === 0) await to.load(at);
      const count = to.ready(at, left);
      insertions.append(to.view(at, count));
      at += count;
      left -= count;
    }
    if (at < breath) continue;
    breath = at + STRETCH;
    done?.(at);
    await breathe();
  }
  differences.finish();
  done?.(at);
  return { differences, insertions };
}
