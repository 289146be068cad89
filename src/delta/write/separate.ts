import { breathe } from '../match/breathe.ts';
import type { Predictor } from '../predict/predictor.ts';
import { WindowReader } from '../window-reader.ts';
import { BlockWriter } from './blocks.ts';
import type { Matched } from './delta.ts';
import { Differences } from './differences.ts';
import { Spool } from './spool.ts';

/** Bytes between two breaths. */
const STRETCH = 2 ** 20;

/** What the steps leave to be told, section by section. */
export interface Separated {
  readonly modes: Spool;
  readonly runs: Spool;
  readonly differences: Spool;
}

/** Takes the differences of added bytes out of the images. */
export async function separate(
  { old, fresh, steps }: Matched,
  predictor: Predictor | undefined,
  done?: (bytes: number) => void,
): Promise<Separated> {
  const differences = new Differences();
  const blocks = predictor && new BlockWriter(predictor, differences);
  const from = new WindowReader(old);
  const to = new WindowReader(fresh);
  let at = 0;
  let breath = STRETCH;
  const rest = async () => {
    breath = at + STRETCH;
    done?.(at);
    await breathe();
  };
  for (let step = 0; step < steps.count; step++) {
    let oldAt = steps.oldAt(step);
    for (let left = steps.add(step); left > 0; ) {
      let count: number;
      if (blocks) {
        count = Math.min(left, blocks.room);
        const cell = blocks.cell(oldAt, at, count);
        if (!from.copy(oldAt, cell.old)) await from.fill(oldAt, cell.old);
        if (!to.copy(at, cell.fresh)) await to.fill(at, cell.fresh);
        if (blocks.room === 0) blocks.end();
      } else {
        if (from.ready(oldAt, left) === 0) await from.load(oldAt);
        if (to.ready(at, left) === 0) await to.load(at);
        count = Math.min(from.ready(oldAt, left), to.ready(at, left));
        differences.add(from.view(oldAt, count), to.view(at, count));
      }
      oldAt += count;
      at += count;
      left -= count;
      if (at >= breath) await rest();
    }
    at += steps.insert(step);
  }
  blocks?.finish();
  differences.finish();
  done?.(at);
  return {
    modes: blocks?.modes ?? new Spool(),
    runs: differences.runs,
    differences: differences.bytes,
  };
}
