import chalk from 'chalk';
import type { Progress } from '../core/progress.ts';
import { formatSize } from '../core/sizes.ts';

export interface ProgressView {
  readonly report: Progress;
  /** Takes the line off the terminal, before something else is printed. */
  clear(): void;
}

const INTERVAL_MS = 80;
const BAR = 24;

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
      const width = Math.max(20, (stream.columns || 80) - 1);
      stream.write(`\r\x1b[2K${draw(event, (now - started) / 1000).slice(0, width + 16)}`);
    },
    clear: () => {
      if (shown) stream.write('\r\x1b[2K');
      shown = false;
    },
  };
}

function draw(event: { task: string; done: number; total?: number }, seconds: number): string {
  const rate = seconds > 0.5 ? `  ${formatSize(Math.round(event.done / seconds))}/s` : '';
  if (!event.total) return `${event.task}  ${formatSize(event.done)}${rate}`;
  const part = Math.min(1, event.done / event.total);
  const filled = Math.round(part * BAR);
  const bar = chalk.cyan('━'.repeat(filled)) + chalk.dim('━'.repeat(BAR - filled));
  const left = rate && part > 0 && part < 1 ? `  ${Math.ceil((seconds * (1 - part)) / part)} s left` : '';
  return `${event.task}  ${bar} ${Math.round(part * 100)}%  ${formatSize(event.done)}${rate}${left}`;
}
