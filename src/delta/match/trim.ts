import type { ByteSource } from '../../core/source.ts';
import { WindowReader } from '../window-reader.ts';
import { breathe } from './breathe.ts';
import { equalRun, viewOf } from './extend.ts';
import { Steps } from './steps.ts';

/** What a byte that differs must be made up for by, in equal ones, where added bytes are to be worth more than inserted ones. */
const MISS = 2;
const STRETCH = 2 ** 20;

/**
 * The same steps with only the best part of what each adds: where equal bytes less twice the different ones are most. What is
 * before and after it is inserted instead. That makes a rewritten program smaller, whose new parts are like each other.
 */
export async function trim(old: ByteSource, fresh: ByteSource, steps: Steps): Promise<Steps> {
  const trimmed = new Steps();
  const from = new WindowReader(old);
  const to = new WindowReader(fresh);
  let newAt = 0;
  let breath = STRETCH;
  for (let step = 0; step < steps.count; step++) {
    const add = steps.add(step);
    const oldAt = steps.oldAt(step);
    const best = new BestPart();
    for (let at = 0; at < add; ) {
      if (from.ready(oldAt + at, 1) === 0) await from.load(oldAt + at);
      if (to.ready(newAt + at, 1) === 0) await to.load(newAt + at);
      const count = Math.min(from.ready(oldAt + at, add - at), to.ready(newAt + at, add - at));
      best.take(from.view(oldAt + at, count), to.view(newAt + at, count));
      at += count;
    }
    trimmed.push(0, best.start, 0);
    trimmed.push(best.end - best.start, add - best.end + steps.insert(step), oldAt + best.start);
    newAt += add + steps.insert(step);
    if (newAt < breath) continue;
    breath = newAt + STRETCH;
    await breathe();
  }
  return trimmed;
}

/** The part of two rows of bytes that scores highest; it may be none of them. */
class BestPart {
  start = 0;
  end = 0;
  #best = 0;
  #from = 0;
  #score = 0;
  #at = 0;

  take(old: Uint8Array, fresh: Uint8Array): void {
    const oldView = viewOf(old);
    const freshView = viewOf(fresh);
    for (let i = 0; i < fresh.length; ) {
      const equal = equalRun(oldView, i, freshView, i, fresh.length - i);
      i += equal;
      this.#at += equal;
      this.#score += equal;
      if (this.#score > this.#best) {
        this.#best = this.#score;
        this.start = this.#from;
        this.end = this.#at;
      }
      for (; i < fresh.length && old[i] !== fresh[i]; i++) {
        this.#at++;
        this.#score -= MISS;
        if (this.#score > 0) continue;
        this.#score = 0;
        this.#from = this.#at;
      }
    }
  }
}
