import { Worker } from 'node:worker_threads';
import { OtaError } from '../../core/errors.ts';
import { receivedError } from '../../core/sent-error.ts';
import type { Message } from './message.ts';
import { type DeltaDone, type DeltaTask, type Report, runTask } from './task.ts';

/** Who makes deltas: this thread, or several. */
export interface TaskRunner {
  /** How many tasks are worth being asked for at a time. */
  readonly jobs: number;
  /** @throws OtaError as `runTask`; `delta-killed` where what makes it ended before it was made */
  run(task: DeltaTask, report: Report): Promise<DeltaDone>;
}

/** Makes deltas in this thread, one at a time. */
export const inThisThread: TaskRunner = { jobs: 1, run: runTask };

export interface PoolOptions {
  /** Threads at most. */
  readonly jobs: number;
  /** Bytes of memory at most, by estimate; one task runs, however much it takes. */
  readonly memory: number;
  /** The module of the threads, where it is not the one beside this module. */
  readonly worker?: URL;
  /** Bytes of images up to which a task is done in this thread, since starting one takes longer. */
  readonly small?: number;
}

const SMALL = 2 ** 19;
/** What a thread takes beside images: code, heap, tiles, the encoder's dictionaries. */
const THREAD = 160 * 2 ** 20;
/** An old image up to this is held whole, with its index; of a larger one a region is. */
const WHOLE = 128 * 2 ** 20;
/** What is coded, predicted and compared of images up to this takes so many times their length. */
const DENSE = { most: 32 * 2 ** 20, times: 8 } as const;

/** Bytes of memory that a task takes, by what was measured (docs/performance.md). */
export function memoryOf({ images }: Pick<DeltaTask, 'images'>): number {
  const { length } = images.old;
  const matching = length <= WHOLE ? 2 * length : WHOLE / 4;
  return THREAD + Math.max(matching, DENSE.times * Math.min(length, DENSE.most));
}

/** Makes deltas in threads of their own, as many at a time as processors and memory allow; each is the same as made alone. */
export class DeltaPool implements TaskRunner {
  readonly jobs: number;
  readonly #options: PoolOptions;
  readonly #workers = new Set<Worker>();
  readonly #idle: Worker[] = [];
  readonly #waiting: { readonly memory: number; readonly start: () => void }[] = [];
  #running = 0;
  #used = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.jobs = options.jobs;
  }

  async run(task: DeltaTask, report: Report): Promise<DeltaDone> {
    const { old, new: fresh } = task.images;
    if (old.length + fresh.length <= (this.#options.small ?? SMALL)) return runTask(task, report);
    const memory = memoryOf(task);
    await this.#room(memory);
    try {
      return await this.#inWorker(task, report);
    } finally {
      this.#running--;
      this.#used -= memory;
      this.#next();
    }
  }

  /** Ends the threads, also those at work. */
  async close(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.terminate()));
  }

  /** Waits until there is room; in the order of asking. */
  #room(memory: number): Promise<void> {
    return new Promise((start) => {
      this.#waiting.push({ memory, start });
      this.#next();
    });
  }

  #next(): void {
    for (let [first] = this.#waiting; first; [first] = this.#waiting) {
      const fits = this.#running < this.jobs && this.#used + first.memory <= this.#options.memory;
      if (!fits && this.#running > 0) return;
      this.#waiting.shift();
      this.#running++;
      this.#used += first.memory;
      first.start();
    }
  }

  #inWorker(task: DeltaTask, report: Report): Promise<DeltaDone> {
    const worker = this.#idle.pop() ?? this.#start();
    worker.ref();
    return new Promise<DeltaDone>((resolve, reject) => {
      const end = (settle: () => void) => {
        worker.removeAllListeners('message').removeAllListeners('error').removeAllListeners('exit');
        worker.on('exit', () => this.#forget(worker));
        settle();
      };
      const free = () => {
        // An idle thread does not keep the process from ending.
        worker.unref();
        this.#idle.push(worker);
      };
      worker.on('message', (message: Message) => {
        if ('fraction' in message) return report(message.fraction);
        end(() => {
          free();
          if ('done' in message) resolve(message.done);
          else reject(receivedError(message));
        });
      });
      worker.on('error', (error: Error & { readonly code?: string }) =>
        end(() => {
          this.#forget(worker);
          reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? killed('it ran out of memory', error) : error);
        }),
      );
      worker.on('exit', () =>
        end(() => {
          this.#forget(worker);
          reject(killed('it was ended from outside'));
        }),
      );
      worker.postMessage(task);
    });
  }

  #start(): Worker {
    const worker = new Worker(this.#options.worker ?? workerFile(import.meta.url));
    this.#workers.add(worker);
    return worker;
  }

  #forget(worker: Worker): void {
    this.#workers.delete(worker);
    const at = this.#idle.indexOf(worker);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}

/** The module of the threads lies beside this one, compiled or not as this one is. */
const workerFile = (here: string): URL => new URL(`./worker${here.slice(here.lastIndexOf('.'))}`, here);

const killed = (why: string, cause?: Error): OtaError =>
  new OtaError('delta-killed', `what made a delta ended before it was made: ${why}`, {
    hint: 'Run the same command again; with --jobs 1 it takes less memory.',
    ...(cause === undefined ? {} : { cause }),
  });
