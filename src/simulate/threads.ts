import { Worker } from 'node:worker_threads';
import { receivedError, sentError } from '../core/sent-error.ts';
import type { ReadStore } from '../storage/store.ts';
import type { Asked, FromThread, ToThread } from './messages.ts';
import type { Fleet } from './part.ts';
import { collected } from './remembered.ts';
import type { Run } from './run.ts';

type Part = readonly [first: number, end: number];

export interface ThreadsOptions {
  readonly fleet: Fleet;
  /** Read from in this thread alone: no other one has its connections and credentials. */
  readonly store: ReadStore;
  readonly parts: readonly Part[];
  readonly threads: number;
  /** The module of the threads, where it is not the one beside this module. */
  readonly worker?: URL;
  /** Told of each part, in the order in which they end. */
  readonly take: (run: Run, part: Part) => void;
}

/**
 * Runs the parts of a fleet in threads of their own, each thread the next part that is left.
 *
 * @throws OtaError as `runFleet`
 */
export async function runInThreads(options: ThreadsOptions): Promise<void> {
  const { fleet, store, parts, threads, take, worker: module = workerFile(import.meta.url) } = options;
  const left = parts.values();
  const workers = Array.from({ length: Math.min(threads, parts.length) }, () => {
    const worker = new Worker(module);
    tell(worker, { fleet, url: store.url });
    return worker;
  });
  try {
    await Promise.all(
      workers.map(async (worker) => {
        for (const part of left) take(await runPart(worker, store, part), part);
      }),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function runPart(worker: Worker, store: ReadStore, part: Part): Promise<Run> {
  return new Promise<Run>((resolve, reject) => {
    const end = (settle: () => void) => {
      worker.removeAllListeners('message').removeAllListeners('error').removeAllListeners('exit');
      settle();
    };
    worker.on('message', (message: FromThread) => {
      if ('ask' in message) answer(worker, store, message);
      else end(() => ('run' in message ? resolve(message.run) : reject(receivedError(message))));
    });
    worker.on('error', (error) => end(() => reject(error)));
    worker.on('exit', (code) => end(() => reject(new Error(`a thread ended by itself with ${code}`))));
    tell(worker, { part });
  });
}

async function answer(
  worker: Worker,
  store: ReadStore,
  asked: { readonly ask: number } & Asked,
): Promise<void> {
  try {
    tell(worker, { answer: asked.ask, found: await found(store, asked) });
  } catch (error) {
    tell(worker, { answer: asked.ask, ...sentError(error) });
  }
}

function found(store: ReadStore, asked: Asked): Promise<unknown> {
  if (asked.op === 'read') return store.read(asked.key, asked.maxBytes);
  return asked.op === 'stat' ? store.stat(asked.key) : collected(store, asked.key);
}

const tell = (worker: Worker, message: ToThread): void => worker.postMessage(message);

/** The module of the threads lies beside this one, compiled or not as this one is. */
const workerFile = (here: string): URL => new URL(`./worker${here.slice(here.lastIndexOf('.'))}`, here);
