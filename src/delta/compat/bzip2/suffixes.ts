/**
 * The suffixes of a text in their order, by induced sorting (SA-IS: Nong, Zhang and Chan, 2009): in time that grows with the
 * length alone, whatever the text is.
 *
 * @param upper the largest letter of the text
 */
export function sortSuffixes(text: Uint8Array | Int32Array, upper: number): Int32Array {
  const { length } = text;
  const order = new Int32Array(length);
  if (length < 2) return order;
  const rises = new Uint8Array(length);
  for (let i = length - 2; i >= 0; i--) {
    const [here, next] = [text[i] as number, text[i + 1] as number];
    rises[i] = here === next ? (rises[i + 1] as number) : here < next ? 1 : 0;
  }
  const buckets = bucketsOf(text, rises, upper);
  const starts = startsOf(rises);
  induce(text, rises, buckets, starts, order);
  if (starts.length === 0) return order;
  sortStarts(text, order, starts, length);
  induce(text, rises, buckets, starts, order);
  return order;
}

interface Buckets {
  /** Where the suffixes of a letter that fall begin, and where those that rise do. */
  readonly falling: Int32Array;
  readonly rising: Int32Array;
}

function bucketsOf(text: Uint8Array | Int32Array, rises: Uint8Array, upper: number): Buckets {
  const falling = new Int32Array(upper + 2);
  const rising = new Int32Array(upper + 2);
  for (let i = 0; i < text.length; i++) {
    const letter = text[i] as number;
    if (rises[i]) falling[letter + 1] = (falling[letter + 1] as number) + 1;
    else rising[letter] = (rising[letter] as number) + 1;
  }
  for (let letter = 0; letter <= upper; letter++) {
    rising[letter] = (rising[letter] as number) + (falling[letter] as number);
    falling[letter + 1] = (falling[letter + 1] as number) + (rising[letter] as number);
  }
  return { falling, rising };
}

/** Where the text begins to rise after it fell, in its order. */
function startsOf(rises: Uint8Array): Int32Array {
  let count = 0;
  for (let i = 1; i < rises.length; i++) if (rises[i] && !rises[i - 1]) count++;
  const starts = new Int32Array(count);
  for (let i = 1, at = 0; i < rises.length; i++) if (rises[i] && !rises[i - 1]) starts[at++] = i;
  return starts;
}

/** Sorts all suffixes, given those at `starts` in their order. */
function induce(
  text: Uint8Array | Int32Array,
  rises: Uint8Array,
  { falling, rising }: Buckets,
  starts: Int32Array,
  order: Int32Array,
): void {
  const { length } = text;
  order.fill(-1);
  const to = rising.slice();
  for (const start of starts) {
    const letter = text[start] as number;
    order[to[letter] as number] = start;
    to[letter] = (to[letter] as number) + 1;
  }
  to.set(falling);
  const last = text[length - 1] as number;
  order[to[last] as number] = length - 1;
  to[last] = (to[last] as number) + 1;
  for (let i = 0; i < length; i++) {
    const before = (order[i] as number) - 1;
    if (before < 0 || rises[before]) continue;
    const letter = text[before] as number;
    order[to[letter] as number] = before;
    to[letter] = (to[letter] as number) + 1;
  }
  to.set(falling);
  for (let i = length - 1; i >= 0; i--) {
    const before = (order[i] as number) - 1;
    if (before < 0 || !rises[before]) continue;
    const bucket = (text[before] as number) + 1;
    const at = (to[bucket] as number) - 1;
    to[bucket] = at;
    order[at] = before;
  }
}

/** Puts `starts` into the order of their suffixes, by sorting the text that the pieces between them are letters of. */
function sortStarts(
  text: Uint8Array | Int32Array,
  order: Int32Array,
  starts: Int32Array,
  length: number,
): void {
  const count = starts.length;
  const indexOf = new Int32Array(length).fill(-1);
  for (let i = 0; i < count; i++) indexOf[starts[i] as number] = i;
  const sorted = new Int32Array(count);
  let filled = 0;
  for (const at of order) if (indexOf[at] !== -1) sorted[filled++] = at;
  const letters = new Int32Array(count);
  let upper = 0;
  const endOf = (start: number) => starts[(indexOf[start] as number) + 1] ?? length;
  for (let i = 1; i < count; i++) {
    const [before, here] = [sorted[i - 1] as number, sorted[i] as number];
    if (!samePiece(text, before, endOf(before), here, endOf(here))) upper++;
    letters[indexOf[here] as number] = upper;
  }
  const ranked = sortSuffixes(letters, upper);
  const original = starts.slice();
  for (let i = 0; i < count; i++) starts[i] = original[ranked[i] as number] as number;
}

function samePiece(
  text: Uint8Array | Int32Array,
  one: number,
  oneEnd: number,
  other: number,
  otherEnd: number,
): boolean {
  if (oneEnd - one !== otherEnd - other || oneEnd === text.length || otherEnd === text.length) return false;
  for (let i = 0; i <= oneEnd - one; i++) if (text[one + i] !== text[other + i]) return false;
  return true;
}
