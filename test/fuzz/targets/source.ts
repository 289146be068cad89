import { type ByteSource, memorySource } from '../../../src/core/source.ts';

/** A source that ends the run when more is read of it than any honest reader would. */
export function budgeted(bytes: Uint8Array, most: number): ByteSource {
  const source = memorySource(bytes);
  let left = most;
  return {
    length: source.length,
    read: (offset, length) => {
      left -= length;
      if (left < 0) throw new Error(`more than ${most} bytes are read of ${bytes.length}`);
      return source.read(offset, length);
    },
  };
}

/** How many bytes are given. @throws Error past `most` */
export async function drain(pieces: AsyncIterable<Uint8Array>, most: number): Promise<number> {
  let given = 0;
  for await (const piece of pieces) {
    given += piece.length;
    if (given > most) throw new Error(`more than ${most} bytes are given`);
  }
  return given;
}
