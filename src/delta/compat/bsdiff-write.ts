import { concatBytes } from '../../core/bytes.ts';
import type { Steps } from '../match/steps.ts';
import { WindowReader } from '../window-reader.ts';
import type { Matched } from '../write/delta.ts';
import { Insertions } from '../write/insertions.ts';
import { encodeBsdiffHeader, putOffset } from './bsdiff-header.ts';
import { encodeBzip2 } from './bzip2/encode.ts';

const TRIPLE = 24;
const PIECE = 2 ** 16;

/**
 * Encodes what a match found as a BSDIFF40 patch, as `bspatch` reads them: controls, differences and insertions, each a
 * bzip2 stream. What is coded is kept in memory, since the header comes first.
 *
 * @param done is told how many bytes of the new image are encoded
 */
export async function* writeBsdiff(
  matched: Matched,
  done?: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const { fresh, steps } = matched;
  const controls = await coded(triples(steps));
  const differences = await coded(differencesOf(matched, done));
  const insertions = await coded(new Insertions(fresh, steps).pieces());
  yield encodeBsdiffHeader({
    controls: controls.length,
    differences: differences.length,
    newLength: fresh.length,
  });
  yield* [controls, differences, insertions];
}

async function coded(raw: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of encodeBzip2(raw)) if (piece.length > 0) pieces.push(piece);
  return concatBytes(...pieces);
}

/**
 * How much is added, how much inserted, and how far the place in the old image then moves. Only after a step can it move, so
 * one that adds from elsewhere than the start is led to by an empty one.
 */
function* triples(steps: Steps): Generator<Uint8Array> {
  let position = 0;
  const triple = (add: number, insert: number, next: number): Uint8Array => {
    const bytes = new Uint8Array(TRIPLE);
    const to = next < steps.count && steps.add(next) > 0 ? steps.oldAt(next) : position + add;
    putOffset(bytes, 0, add);
    putOffset(bytes, 8, insert);
    putOffset(bytes, 16, to - position - add);
    position = to;
    return bytes;
  };
  if (steps.count > 0 && steps.add(0) > 0 && steps.oldAt(0) > 0) yield triple(0, 0, 0);
  for (let step = 0; step < steps.count; step++) yield triple(steps.add(step), steps.insert(step), step + 1);
}

async function* differencesOf(
  { old, fresh, steps }: Matched,
  done: ((bytes: number) => void) | undefined,
): AsyncGenerator<Uint8Array> {
  const readers = { old: new WindowReader(old), fresh: new WindowReader(fresh) };
  const piece = { old: new Uint8Array(PIECE), fresh: new Uint8Array(PIECE) };
  let newAt = 0;
  for (let step = 0; step < steps.count; step++) {
    const add = steps.add(step);
    const from = steps.oldAt(step);
    for (let at = 0; at < add; at += PIECE) {
      const count = Math.min(PIECE, add - at);
      const [a, b] = [piece.old.subarray(0, count), piece.fresh.subarray(0, count)];
      await fill(readers.old, from + at, a);
      await fill(readers.fresh, newAt + at, b);
      for (let i = 0; i < count; i++) b[i] = (b[i] as number) - (a[i] as number);
      yield b;
    }
    newAt += add + steps.insert(step);
    done?.(newAt);
  }
}

/** The bytes from `at` on; at hand mostly. */
async function fill(reader: WindowReader, at: number, into: Uint8Array): Promise<void> {
  if (!reader.copy(at, into)) await reader.fill(at, into);
}
