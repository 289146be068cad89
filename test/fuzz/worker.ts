import { parentPort, workerData } from 'node:worker_threads';
import { corpusOf } from './corpus.ts';
import { fuzz } from './loop.ts';
import { Random } from './random.ts';
import { TARGETS } from './targets/index.ts';

/** What a worker is told, and where it says what it is at. */
export interface Job {
  readonly target: string;
  readonly seed: number;
  /** How many inputs were begun, and the length of the last one. */
  readonly progress: Int32Array<SharedArrayBuffer>;
  /** The last one, so that it is known even if the worker never comes back from it. */
  readonly input: Uint8Array<SharedArrayBuffer>;
}

/** What a worker found. */
export interface Found {
  readonly input: Uint8Array;
  readonly what: string;
}

const job = workerData as Job;
const target = TARGETS.find(({ name }) => name === job.target);
if (!target) throw new Error(`there is no target ${job.target}`);
const finding = await fuzz(target, corpusOf(target.name), new Random(job.seed), (input) => {
  job.input.set(input);
  Atomics.store(job.progress, 1, input.length);
  Atomics.add(job.progress, 0, 1);
  return true;
});
const { error } = finding ?? {};
const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
parentPort?.postMessage({ input: finding?.input ?? new Uint8Array(), what } satisfies Found);
