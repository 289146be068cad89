/** Milliseconds over which a rate is taken: short enough to follow a line that slows down, long enough to be read. */
const WINDOW_MS = 10_000;
/** Before so much time has passed a rate would be a guess. */
const SETTLED_MS = 500;

/** How fast work goes, from what was done in the last ten seconds. */
export class Rate {
  #samples: { readonly at: number; readonly done: number }[] = [];

  /** @param at in milliseconds */
  add(at: number, done: number): void {
    this.#samples.push({ at, done });
    // One from before the window stays, so that the window is covered.
    while ((this.#samples[1]?.at ?? at) < at - WINDOW_MS) this.#samples.shift();
  }

  /** In bytes per second; `undefined` while it cannot be told. */
  perSecond(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || last.at - first.at <= SETTLED_MS || last.done <= first.done) return undefined;
    return ((last.done - first.done) * 1000) / (last.at - first.at);
  }
}

/** `12 s left`, `3 min left`, `2 h 5 min left`. */
export function timeLeft(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  if (seconds <= 90) return `${Math.ceil(seconds)} s left`;
  return minutes < 120 ? `${minutes} min left` : `${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
}
