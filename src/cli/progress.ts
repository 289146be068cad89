import chalk from 'chalk';
import type { Progress, ProgressEvent } from '../core/progress.ts';
import { formatSize } from '../core/sizes.ts';
import { Rate, timeLeft } from './rate.ts';

export interface ProgressView {
  readonly report: Progress;
  /** Takes the line off the terminal, before something else is printed. */
  clear(): void;
}

const INTERVAL_MS = 80;
const BAR = 24;
const MIN_BAR = 8;
/** Columns that the name of a task needs beside a bar. */
const MIN_TASK = 16;

/** One line on stderr that is drawn over itself: task, bar, bytes, rate and time left. Nothing where stderr is not a terminal. */
export function progressView(options: { readonly enabled: boolean }): ProgressView {
  const stream = process.stderr;
  if (!options.enabled || !stream.isTTY || process.env.CI) return { report: () => {}, clear: () => {} };
  let shown = false;
  let last = 0;
  let task = '';
  let rate = new Rate();
  return {
    report: (event) => {
      const now = Date.now();
      if (event.task !== task) {
        task = event.task;
        rate = new Rate();
      } else if (now - last < INTERVAL_MS && event.done !== event.total) return;
      last = now;
      rate.add(now, event.done);
      shown = true;
      const width = Math.max(1, (stream.columns || 80) - 1);
      stream.write(`\r\x1b[2K${draw(event, rate.perSecond(), width)}`);
    },
    clear: () => {
      if (shown) stream.write('\r\x1b[2K');
      shown = false;
    },
  };
}

/** At most `width` columns: without the bar where it has no room, and with as much of the task's name as has. */
function draw(event: ProgressEvent, perSecond: number | undefined, width: number): string {
  const { task, done, total, unit } = event;
  const amount = (count: number) => (unit === undefined ? formatSize(count) : count.toLocaleString('en'));
  const rate = perSecond === undefined ? '' : `  ${amount(Math.round(perSecond))}/s`;
  if (!total) {
    const size = `  ${amount(done)}${rate}`;
    return cut(task, width - size.length) + size.slice(0, width);
  }
  const part = Math.min(1, done / total);
  const left = perSecond === undefined || part === 1 ? '' : `  ${timeLeft((total - done) / perSecond)}`;
  const size = `  ${amount(done)} of ${amount(total)}${unit === undefined ? '' : ` ${unit}`}`;
  const numbers = ` ${Math.round(part * 100)}%${size}${rate}${left}`.slice(0, width);
  const room = width - numbers.length;
  const bar = Math.min(BAR, room - MIN_TASK - 2);
  if (bar < MIN_BAR) return cut(task, room) + numbers;
  const filled = Math.round(part * bar);
  return `${cut(task, room - bar - 2)}  ${chalk.cyan('━'.repeat(filled))}${chalk.dim('━'.repeat(bar - filled))}${numbers}`;
}

const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}${width > 0 ? '…' : ''}`;
