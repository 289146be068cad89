const EMPTY = -1;
/** Pages whose last shift is remembered. */
const PAGES = 256;

/**
 * Where old targets turned out to be, when that was not where they were thought to be. A table of fixed size: what falls
 * on a place that is taken replaces it.
 */
export class Labels {
  readonly #shift: number;
  readonly #keys: Float64Array;
  readonly #values: Float64Array;
  readonly #shifts = new Float64Array(PAGES);

  /** A table of 2^bits entries; none where `bits` is 0. */
  constructor(bits: number) {
    const size = bits === 0 ? 0 : 2 ** bits;
    this.#shift = 32 - bits;
    this.#keys = new Float64Array(size).fill(EMPTY);
    this.#values = new Float64Array(size);
  }

  /** The new address of a target, -1 where nothing is known of it. */
  get(program: number, target: number): number {
    const slot = this.#slot(program, target);
    return this.#keys[slot] === target ? (this.#values[slot] as number) : -1;
  }

  set(program: number, target: number, found: number): void {
    const slot = this.#slot(program, target);
    if (slot >= this.#keys.length) return;
    this.#keys[slot] = target;
    this.#values[slot] = found;
    this.#shifts[this.#page(program, target)] = found - target;
  }

  /** How far the last target moved that was learned of the same page, or of one that shares its place. */
  shift(program: number, target: number): number {
    return this.#shifts[this.#page(program, target)] as number;
  }

  #page(program: number, target: number): number {
    return (((target % 2 ** 32) >>> 12) + program) & (PAGES - 1);
  }

  #slot(program: number, target: number): number {
    return Math.imul((target % 2 ** 32) ^ Math.imul(program, 0x85ebca6b), 0x9e3779b1) >>> this.#shift;
  }
}
