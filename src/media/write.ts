import type { Digest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { inParallel } from '../core/parallel.ts';
import type { Progress } from '../core/progress.ts';
import { verified } from '../core/verified.ts';
import type { ReadStore } from '../storage/store.ts';
import { MEDIA_FILE } from './layout.ts';
import { putParts } from './parts.ts';
import type { MediumPlan, PlannedContent } from './plan.ts';
import { sizeOf } from './slice.ts';
import type { MediaWriter, WriteMedium, WriteMediumOptions } from './writer.ts';

/** Files that are read from the store and written at a time, where they may come in any order: one is read while another is written. */
const WIDTH = 3;

/** Where the files come from. */
type Source = Pick<ReadStore, 'url' | 'stream'>;

export interface WrittenMedium {
  /** Bytes that were written, and that were there already. */
  readonly written: number;
  readonly kept: number;
}

/**
 * Writes a medium as it was planned, each file checked against its digest on its way, and reads all of it back: in a folder before the list is
 * written, without which it is not finished; an image or archive before it stands there.
 *
 * @throws OtaError `target-missing`, `length-mismatch`, `digest-mismatch` for what the store gives; `media-damaged` for what does not read back as
 *   it was written; as `WriteMedium`
 */
export function writeMedium(options: {
  readonly plan: MediumPlan;
  readonly store: Source;
  readonly path: string;
  readonly write: WriteMedium;
  readonly options: WriteMediumOptions;
  readonly progress: Progress;
}): Promise<WrittenMedium> {
  const { plan, store, path, write, progress } = options;
  const list = plan.files.at(-1) as PlannedContent;
  return write(path, plan.physical, { ...options.options, list, progress }, async (writer) => {
    const rest = plan.files.slice(0, -1);
    const put = new Put(plan, store, writer, progress);
    // What the metadata leads to comes first, and where it can be in any order.
    const first = rest.filter(({ bytes }) => bytes === undefined);
    await inParallel(first, writer.holds ? WIDTH : 1, (file) => put.file(file));
    for (const file of rest.slice(first.length)) await put.file(file);
    await put.readBack();
    await put.file(list);
    return { written: put.written, kept: put.kept };
  });
}

class Put {
  readonly #plan: MediumPlan;
  readonly #store: Source;
  readonly #writer: MediaWriter;
  readonly #progress: Progress;
  readonly #fresh: PlannedContent[] = [];
  #done = 0;
  written = 0;
  kept = 0;

  constructor(plan: MediumPlan, store: Source, writer: MediaWriter, progress: Progress) {
    this.#plan = plan;
    this.#store = store;
    this.#writer = writer;
    this.#progress = progress;
  }

  async file(file: PlannedContent): Promise<void> {
    if (file.key !== MEDIA_FILE && (await this.#isThere(file))) return;
    const pieces = this.#counted(verified(await this.#open(file), file, file.key));
    await putParts(this.#writer, file, pieces, this.#plan.layout.parts);
    this.written += file.length;
    this.#fresh.push(file);
  }

  async #isThere(file: PlannedContent): Promise<boolean> {
    const there = (await this.#writer.holds?.(file.key, file, () => {})) ?? false;
    if (!there) return false;
    this.kept += file.length;
    this.#count(file.length);
    return true;
  }

  async #open({ key, bytes }: PlannedContent): Promise<AsyncIterable<Uint8Array>> {
    const pieces = bytes ? once(bytes) : await this.#store.stream(key);
    if (pieces) return pieces;
    throw new OtaError('target-missing', `${this.#store.url} has no ${key}, which its metadata lists`, {
      where: key,
      hint: 'The repository is incomplete: "ota verify --store" says what is missing.',
    });
  }

  async *#counted(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      yield piece;
      this.#count(piece.length);
    }
  }

  #count(bytes: number): void {
    this.#done += bytes;
    this.#progress({ task: 'write medium', done: this.#done, total: this.#plan.bytes });
  }

  /** What was written now; what had been there was read already. */
  async readBack(): Promise<void> {
    const { holds } = this.#writer;
    if (!holds) return;
    const total = sizeOf(this.#fresh);
    let done = 0;
    const seen = (bytes: number) => {
      done += bytes;
      this.#progress({ task: 'read medium back', done, total });
    };
    await inParallel(this.#fresh, WIDTH, async (file) => {
      if (!(await holds(file.key, file, seen))) throw faulty(file);
    });
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const faulty = ({ key, sha256 }: Digest & { readonly key: string }): OtaError =>
  new OtaError('media-damaged', `${key} does not read back as it was written`, {
    where: key,
    hint: `Its SHA-256 should be ${sha256}. The stick is worn out, or has less room than it says: take another one.`,
  });
