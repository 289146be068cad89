import { OtaError } from '../../../core/errors.ts';
import { breathe } from '../../match/breathe.ts';
import { equalRun, viewOf } from '../../match/extend.ts';
import { WindowReader } from '../../window-reader.ts';
import type { Matched } from '../../write/delta.ts';
import { TABLES, VCDIFF_MAGIC, WINDOW_MAX, WINDOW_MIN } from './header.ts';
import { Parts, WORTH } from './parts.ts';
import { Repeats } from './repeats.ts';
import { encodeWindow } from './window-write.ts';

const PIECE = 2 ** 16;

export interface WriteVcdiffOptions {
  /** Bytes that the device can spend on a window and its sections. */
  readonly memory?: number | undefined;
  /** Is told how many bytes of the new image are encoded. */
  readonly done?: (bytes: number) => void;
}

/**
 * Encodes what a match found as VCDIFF (RFC 3284) with the default code table and nothing that the RFC does not have, as
 * `xdelta3 -d` reads it.
 *
 * @throws OtaError `delta-too-large` where no window fits `memory`
 */
export async function* writeVcdiff(
  matched: Matched,
  options: WriteVcdiffOptions = {},
): AsyncGenerator<Uint8Array> {
  const { fresh } = matched;
  const most = Math.min(windowFor(options.memory), Math.max(fresh.length, 1));
  const repeats = new Repeats(most);
  const reader = new PartReader(matched);
  const buffer = new Uint8Array(most);
  yield Uint8Array.of(...VCDIFF_MAGIC, 0);
  for (let start = 0; start < fresh.length; start += most) {
    const target = buffer.subarray(0, Math.min(most, fresh.length - start));
    for (let at = 0; at < target.length; at += PIECE)
      target.set(await fresh.read(start + at, Math.min(PIECE, target.length - at)), at);
    yield encodeWindow(target, repeats.find(target, await reader.next(target)));
    options.done?.(start + target.length);
    await breathe();
  }
}

/** The largest power of two such that a window and sections as long as it fit. */
function windowFor(memory: number | undefined): number {
  if (memory === undefined) return WINDOW_MAX;
  for (let size = WINDOW_MAX; size >= WINDOW_MIN; size /= 2)
    if (2 * size + size / 16 + TABLES <= memory) return size;
  throw new OtaError('delta-too-large', `a VCDIFF delta cannot be applied in ${memory} bytes`, {
    hint: 'Allow more memory, or leave vcdiff out of the formats.',
  });
}

/** Cuts what the steps say into windows. */
class PartReader {
  readonly #matched: Matched;
  readonly #old: WindowReader;
  readonly #buffer = new Uint8Array(PIECE);
  #step = 0;
  /** Bytes of the present step that are in windows already. */
  #used = 0;

  constructor(matched: Matched) {
    this.#matched = matched;
    this.#old = new WindowReader(matched.old);
  }

  /** What the next window is made of. */
  async next(target: Uint8Array): Promise<Parts['list']> {
    const { steps } = this.#matched;
    const parts = new Parts();
    for (let at = 0; at < target.length; ) {
      const add = steps.add(this.#step);
      const inAdd = this.#used < add;
      const left = (inAdd ? add : add + steps.insert(this.#step)) - this.#used;
      const count = Math.min(left, target.length - at, inAdd ? PIECE : left);
      if (inAdd) {
        const from = steps.oldAt(this.#step) + this.#used;
        const old = this.#buffer.subarray(0, count);
        if (!this.#old.copy(from, old)) await this.#old.fill(from, old);
        addEqual(parts, old, target.subarray(at, at + count), from);
      } else parts.given(count);
      at += count;
      this.#used += count;
      if (this.#used < add + steps.insert(this.#step)) continue;
      this.#step++;
      this.#used = 0;
    }
    return parts.list;
  }
}

/** Old bytes where the new ones are equal, for long enough; given ones where not. */
function addEqual(parts: Parts, old: Uint8Array, fresh: Uint8Array, from: number): void {
  const [oldView, freshView] = [viewOf(old), viewOf(fresh)];
  let start = 0;
  for (let i = 0; i < fresh.length; ) {
    const equal = equalRun(oldView, i, freshView, i, fresh.length - i);
    // At the end of a piece it may go on in the next one.
    if (equal >= WORTH || (equal > 0 && i + equal === fresh.length)) {
      parts.given(i - start);
      parts.add('old', from + i, equal);
      start = i + equal;
    }
    i += equal + 1;
  }
  parts.given(Math.max(0, fresh.length - start));
}
