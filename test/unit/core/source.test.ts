import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.ts';
import { seal } from '../../../src/core/digest.ts';
import { type ByteSource, chunks, memorySource, slice } from '../../../src/core/source.ts';
import { verified } from '../../../src/core/verified.ts';
import { refusal } from '../../support/client.ts';
import { noise } from '../../support/release.ts';
import { rejected, thrown } from '../keys/thrown.ts';

const DATA = noise(1, 100);

async function whole(source: ByteSource, size?: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of chunks(source, size)) pieces.push(piece);
  return concatBytes(...pieces);
}

describe('a source', () => {
  it('in any pieces, through any windows, is the bytes that it is made of', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(100),
        fc.nat(100),
        fc.nat(100),
        fc.integer({ min: 1, max: 40 }),
        async (a, b, c, size) => {
          const start = Math.min(a, b);
          const end = Math.max(a, b);
          const window = slice(memorySource(DATA), start, end - start);
          const inner = Math.min(c, window.length);
          expect(await whole(window, size)).toEqual(DATA.slice(start, end));
          expect(await whole(slice(window, inner, window.length - inner), size)).toEqual(
            DATA.slice(start + inner, end),
          );
        },
      ),
    );
  });

  it.each([
    [-1, 1],
    [0, 51],
    [50, 1],
    [10, -1],
    [2 ** 53, 1],
  ])('gives nothing outside itself: %d, %d', async (offset, length) => {
    const window = slice(memorySource(DATA), 25, 50);
    expect((await rejected(window.read(offset, length))).code).toBe('input-changed');
    expect((await rejected(memorySource(DATA.subarray(0, 50)).read(offset, length))).code).toBe(
      'input-changed',
    );
  });

  it('has no window larger than itself', () => {
    expect(thrown(() => slice(memorySource(DATA), 60, 41)).code).toBe('input-changed');
    expect(slice(memorySource(DATA), 100, 0).length).toBe(0);
  });
});

describe('verified', () => {
  async function* pieces(bytes: Uint8Array, size = 30) {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const read = async (bytes: Uint8Array, expected = seal(DATA)) => {
    const got: Uint8Array[] = [];
    for await (const piece of verified(pieces(bytes), expected, 'the image of radio')) got.push(piece);
    return concatBytes(...got);
  };

  it('passes the right bytes through, an empty stream too', async () => {
    expect(await read(DATA)).toEqual(DATA);
    expect(await read(new Uint8Array(), seal(new Uint8Array()))).toHaveLength(0);
  });

  it.each([
    [
      'one bit flipped',
      Uint8Array.from(DATA, (byte, at) => (at === 99 ? byte ^ 1 : byte)),
      'digest-mismatch',
      'is not the one',
    ],
    ['one byte missing', DATA.subarray(1), 'length-mismatch', 'only 99 of 100'],
    ['nothing', new Uint8Array(), 'length-mismatch', 'only 0 of 100'],
    ['one byte more', concatBytes(DATA, new Uint8Array(1)), 'length-mismatch', 'more than 100'],
  ] as const)('refuses %s at its end', async (_, bytes, code, message) => {
    const error = await refusal(() => read(bytes));
    expect(error).toMatchObject({ code, exitCode: 4, where: 'the image of radio' });
    expect(error.message).toContain(message);
  });

  it('stops a stream that does not end, and lets go of its source', async () => {
    let given = 0;
    let closed = false;
    const endless = async function* () {
      try {
        for (;;) {
          given += 1;
          yield new Uint8Array(60);
        }
      } finally {
        closed = true;
      }
    };
    const error = await refusal(async () => {
      for await (const _ of verified(endless(), seal(DATA), 'x'));
    });
    expect(error.code).toBe('length-mismatch');
    expect([given, closed]).toEqual([2, true]);
  });
});
