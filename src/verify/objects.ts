import { concatBytes } from '../core/bytes.ts';
import { OtaError } from '../core/errors.ts';
import { type Progress, silent } from '../core/progress.ts';
import { memorySource } from '../core/source.ts';
import { HEADER_MAX } from '../delta/format.ts';
import { downloadTarget, readTarget } from '../device/client/download.ts';
import { checkFile } from '../repository/checks.ts';
import type { ReadStore } from '../storage/store.ts';
import { checkDeltaHeader } from './delta.ts';
import type { Findings } from './findings.ts';
import type { ObjectJob } from './plan.ts';

const TASK = 'verify objects';
const MISSING_HINT =
  "Put it back: from a copy of the store, or out of the release's bundle (tar -xf). A mirror may only be behind.";

export interface ObjectsOptions {
  readonly store: ReadStore;
  /** Whether the store keeps targets under their digest. */
  readonly consistent: boolean;
  readonly findings: Findings;
  /** Looks only whether an object is there, with its length: one of those that were listed, else by asking for it. */
  readonly quick: { readonly lengths: ReadonlyMap<string, number> } | undefined;
  readonly progress: Progress;
}

type Count = (bytes: number) => void;

/** Reads what the metadata names, as a device downloads it, and counts it. */
export class Objects {
  readonly #options: ObjectsOptions;
  readonly #keys = new Set<string>();
  #expected = 0;
  #read = 0;
  #done = 0;

  constructor(options: ObjectsOptions) {
    this.#options = options;
  }

  /** Every key that was looked for. */
  get keys(): ReadonlySet<string> {
    return this.#keys;
  }

  /** Bytes of what was and will be checked, as far as that is known. */
  get bytes(): number {
    return this.#expected;
  }

  /** Says ahead how much there is to check. */
  expect(jobs: Iterable<ObjectJob>): void {
    for (const { target } of jobs) this.#expected += target.length;
  }

  /** Bytes that were read. */
  get bytesRead(): number {
    return this.#read;
  }

  /** Checks an object and keeps nothing of it. */
  async check(job: ObjectJob): Promise<void> {
    const { quick } = this.#options;
    await this.#attempt(job, (count) => (quick ? this.#stat(job, quick.lengths) : this.#hash(job, count)));
  }

  /** Checks a small object and gives its bytes; `undefined` where it is refused. */
  document(job: ObjectJob, maxBytes: number): Promise<Uint8Array | undefined> {
    return this.#attempt(job, (count) => readTarget(this.#pieces(job, count), job.target, maxBytes));
  }

  /** A small object that no role lists and that vouches for itself; `undefined` where there is none, which is a fault. */
  async unlisted(key: string, maxBytes: number): Promise<Uint8Array | undefined> {
    this.#keys.add(key);
    const found = await this.#options.findings.attempt(key, async () => {
      const read = await this.#options.store.read(key, maxBytes);
      if (read) return read.bytes;
      throw missing(key);
    });
    const length = found?.length ?? 0;
    this.#expected += length;
    this.#read += length;
    this.#done += length;
    return found;
  }

  async #hash(job: ObjectJob, count: Count): Promise<void> {
    const start: Uint8Array[] = [];
    let length = 0;
    for await (const piece of this.#pieces(job, count)) {
      if (length < HEADER_MAX) start.push(piece.subarray(0, HEADER_MAX - length));
      length += piece.length;
    }
    const { path, custom } = job.target;
    await checkDeltaHeader({ path, custom }, memorySource(concatBytes(...start)));
  }

  async #stat({ key, target }: ObjectJob, lengths: ReadonlyMap<string, number>): Promise<void> {
    const length = lengths.get(key) ?? (await this.#options.store.stat(key))?.length;
    if (length === undefined) throw missing(key);
    // Its digest is not what a quick look is about.
    checkFile(length, (algorithm) => target[algorithm] ?? '', target, key);
  }

  async *#pieces({ target }: ObjectJob, count: Count): AsyncGenerator<Uint8Array> {
    const { store, consistent } = this.#options;
    for await (const piece of downloadTarget(store, target, consistent, silent)) {
      this.#read += piece.length;
      count(piece.length);
      yield piece;
    }
  }

  async #attempt<T>(job: ObjectJob, check: (count: Count) => Promise<T>): Promise<T | undefined> {
    const { findings, progress } = this.#options;
    this.#keys.add(job.key);
    let counted = 0;
    const count: Count = (bytes) => {
      counted += bytes;
      this.#done += bytes;
      progress({ task: TASK, done: this.#done, total: this.#expected });
    };
    const result = await findings.attempt(job.key, async () => {
      try {
        return await check(count);
      } catch (error) {
        // What a device is told to do about a missing object is not what a publisher has to do.
        if (error instanceof OtaError && error.code === 'target-missing') throw missing(job.key);
        throw error;
      }
    });
    // Also what was not read, so that the end is reached.
    count(job.target.length - counted);
    return result;
  }
}

const missing = (key: string): OtaError =>
  new OtaError('target-missing', `the store has no ${key}, which its metadata lists`, {
    where: key,
    hint: MISSING_HINT,
  });
