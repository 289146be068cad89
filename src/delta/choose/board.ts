import type { Progress } from '../../core/progress.ts';
import type { Report } from './task.ts';

/** One line of progress for deltas that are made side by side: as much of all their images as is done. */
export class Board {
  readonly #progress: Progress;
  readonly #task: string;
  readonly #total: number;
  readonly #done = new Map<symbol, number>();
  #ended = 0;

  /** @param bytes of the new images of all tasks; a task that turns out not to be needed counts as done */
  constructor(progress: Progress, task: string, bytes: number) {
    this.#progress = progress;
    this.#task = task;
    this.#total = bytes;
  }

  /** Begins a task with that many bytes. */
  start(bytes: number): { readonly report: Report; readonly end: () => void } {
    const task = Symbol('task');
    return {
      report: (fraction) => {
        this.#done.set(task, fraction * bytes);
        this.#show();
      },
      end: () => {
        this.#done.delete(task);
        this.#ended += bytes;
        this.#show();
      },
    };
  }

  #show(): void {
    const running = [...this.#done.values()].reduce((sum, bytes) => sum + bytes, 0);
    this.#progress({ task: this.#task, done: Math.floor(this.#ended + running), total: this.#total });
  }
}
