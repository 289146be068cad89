import type { Progress } from '../../core/progress.ts';
import type { Report } from './task.ts';

/** Which share of the work each step is, by its name in events; other events are of no meaning here. */
const SHARES: Readonly<Record<string, readonly [from: number, to: number]>> = {
  match: [0, 0.4],
  encode: [0.4, 0.8],
  'check old image': [0.8, 0.85],
  'check new image': [0.85, 0.9],
  'apply delta': [0.9, 1],
};

/** How much of a task is done, from the events of its steps. It never goes back, though a step may be taken twice. */
export function fractionOf(report: Report): Progress {
  let reached = 0;
  return ({ task, done, total }) => {
    const share = SHARES[task];
    if (!share || !total) return;
    const [from, to] = share;
    const now = from + (to - from) * Math.min(1, done / total);
    if (now <= reached) return;
    reached = now;
    report(reached);
  };
}
