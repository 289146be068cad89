import chalk from 'chalk';
import type { Progress, ProgressEvent } from '../core/progress.ts';
import { formatSize } from '../core/sizes.ts';

export interface ProgressView {
  readonly report: Progress;
  /** Takes the line off the terminal, before something else is printed. */
  clear(): void;
}

const INTERVAL_MS = 80;
const BAR = 24;
/** Columns that the name of a task needs beside a bar. */
const MIN_TASK = 16;

/** One line on stderr that is drawn over itself: task, bar, bytes and rate. Nothing where stderr is not a terminal. */
export function progressView(options: { readonly enabled: boolean }): ProgressView {
  const stream = process.stderr;
  if (!options.enabled || !stream.isTTY || process.env.CI) return { report: () => {}, clear: () => {} };
  let shown = false;
  let last = 0;
  let task = '';
  let started = 0;
  return {
    report: (event) => {
      const now = Date.now();
      if (event.task !== task) {
        task = event.task;
        started = now;
      } else if (now - last < INTERVAL_MS && event.done !== event.total) return;
      last = now;
      shown = true;
      const width = Math.max(1, (stream.columns || 80) - 1);
      stream.write(`\r\x1b[2K${draw(event, (now - started) / 1000, width)}`);
    },
    clear: () => {
      if (shown) stream.write('\r\x1b[2K');
      shown = false;
    },
  };
}

/** At most `width` columns: without the bar where it has no room, and with as much of the task's name as has. */
function draw(event: ProgressEvent, seconds: number, width: number): string {
  const rate = seconds > 0.5 ? `  ${formatSize(Math.round(event.done / seconds))}/s` : '';
  const size = `  ${formatSize(event.done)}${rate}`;
  if (!event.total) return cut(event.task, width - size.length) + size.slice(0, width);
  const part = Math.min(1, event.done / event.total);
  const left = rate && part > 0 && part < 1 ? `  ${Math.ceil((seconds * (1 - part)) / part)} s left` : '';
  const numbers = ` ${Math.round(part * 100)}%${size}${left}`.slice(0, width);
  const room = width - numbers.length;
  if (room < BAR + MIN_TASK) return cut(event.task, room) + numbers;
  const filled = Math.round(part * BAR);
  const bar = chalk.cyan('━'.repeat(filled)) + chalk.dim('━'.repeat(BAR - filled));
  return `${cut(event.task, room - BAR - 2)}  ${bar}${numbers}`;
}

const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}${width > 0 ? '…' : ''}`;
