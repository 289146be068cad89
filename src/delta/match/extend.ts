/**
 * How far an alignment is worth going on from `at` in the old and `from` in the new bytes: where equal bytes less
 * different ones are most, at most `count`.
 */
export function extendForward(
  old: Uint8Array,
  at: number,
  fresh: Uint8Array,
  from: number,
  count: number,
): number {
  if (at < 0) return 0;
  const limit = Math.min(count, old.length - at);
  let best = 0;
  let length = 0;
  let score = 0;
  for (let i = 0; i < limit; ) {
    score += old[at + i] === fresh[from + i] ? 1 : -1;
    i++;
    if (score > best) {
      best = score;
      length = i;
    }
  }
  return length;
}

/** As `extendForward`, towards the start: how many bytes before `at` and `from` belong to the alignment. */
export function extendBackward(
  old: Uint8Array,
  at: number,
  fresh: Uint8Array,
  from: number,
  count: number,
): number {
  const limit = Math.min(count, at);
  let best = 0;
  let length = 0;
  let score = 0;
  for (let i = 1; i <= limit; i++) {
    score += old[at - i] === fresh[from - i] ? 1 : -1;
    if (score > best) {
      best = score;
      length = i;
    }
  }
  return length;
}

/**
 * Where two alignments claim the same `count` new bytes from `from`: how many of them the first keeps so that most
 * bytes agree in all.
 */
export function splitOverlap(
  old: Uint8Array,
  firstAt: number,
  secondAt: number,
  fresh: Uint8Array,
  from: number,
  count: number,
): number {
  let best = 0;
  let keep = 0;
  let score = 0;
  for (let i = 0; i < count; i++) {
    const byte = fresh[from + i];
    if (byte === old[firstAt + i]) score++;
    if (byte === old[secondAt + i]) score--;
    if (score > best) {
      best = score;
      keep = i + 1;
    }
  }
  return keep;
}

/** A view for reading words, of exactly these bytes. */
export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** How many bytes agree from `at` and `from` on, at most `count`; all of them must exist. */
export function equalRun(old: DataView, at: number, fresh: DataView, from: number, count: number): number {
  let length = 0;
  while (length + 4 <= count && old.getInt32(at + length) === fresh.getInt32(from + length)) length += 4;
  while (length < count && old.getUint8(at + length) === fresh.getUint8(from + length)) length++;
  return length;
}
