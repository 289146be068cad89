import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../../../src/core/bytes.ts';
import { seal } from '../../../src/core/digest.ts';
import { memorySource } from '../../../src/core/source.ts';
import type { CreateOptions } from '../../../src/delta/create.ts';
import { readDeltaHeader } from '../../../src/delta/format.ts';
import type { TileSizes } from '../../../src/delta/match/match.ts';
import { apply, make, noise } from './support.ts';

/** Little memory: the smallest windows and groups. */
const LEAST = 24_576;
/** Tiles and regions so small that small images have many. */
const SMALL: TileSizes = { tile: 1 << 10, whole: 1 << 10, region: 4 << 10 };

const piece = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc.tuple(fc.nat(255), fc.nat(3000)).map(([byte, length]) => new Uint8Array(length).fill(byte)),
  fc.tuple(fc.integer({ min: 1 }), fc.nat(6000)).map(([seed, length]) => noise(length, seed)),
);

/** An edit at a place given in thousandths: new bytes for as many old ones. */
const edit = fc.record({ at: fc.nat(999), remove: fc.nat(300), insert: piece });

/** An image and one that was made from it by edits, moves included. */
const pair = fc
  .record({
    pieces: fc.array(piece, { maxLength: 8 }),
    edits: fc.array(edit, { maxLength: 6 }),
    swap: fc.boolean(),
  })
  .map(({ pieces, edits, swap }) => {
    const old = concatBytes(...pieces);
    let fresh = swap ? concatBytes(old.subarray(old.length >> 1), old.subarray(0, old.length >> 1)) : old;
    for (const { at, remove, insert } of edits) {
      const from = Math.floor((fresh.length * at) / 1000);
      fresh = concatBytes(fresh.subarray(0, from), insert, fresh.subarray(from + remove));
    }
    return { old, fresh };
  });

const options: fc.Arbitrary<CreateOptions> = fc.constantFrom(
  {},
  { memory: LEAST },
  { memory: 65_536 },
  { sizes: SMALL },
  { sizes: SMALL, memory: LEAST },
);

describe('a delta', () => {
  it('makes the new image of any pair, whatever the memory and the tiles', async () => {
    await fc.assert(
      fc.asyncProperty(pair, options, async ({ old, fresh }, how) => {
        const patch = await make(old, fresh, how);
        expect(await apply(old, patch)).toEqual(fresh);
        const header = await readDeltaHeader(memorySource(patch));
        expect(header.memory).toBeLessThanOrEqual(how.memory ?? Number.POSITIVE_INFINITY);
        expect(header).toMatchObject({
          old: { length: old.length, sha256: seal(old).sha256 },
          new: { length: fresh.length, sha256: seal(fresh).sha256 },
        });
      }),
      { numRuns: 100 },
    );
  });

  it('has the same bytes each time', async () => {
    await fc.assert(
      fc.asyncProperty(pair, options, async ({ old, fresh }, how) => {
        expect(await make(old, fresh, how)).toEqual(await make(old, fresh, how));
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['two empty images', new Uint8Array(), new Uint8Array()],
    ['an empty old image', new Uint8Array(), noise(5000)],
    ['an empty new image', noise(5000), new Uint8Array()],
    ['images of one byte', Uint8Array.of(1), Uint8Array.of(2)],
    ['images without anything in common', noise(50_000, 3), noise(60_000, 5)],
    ['runs of one byte', new Uint8Array(50_000), new Uint8Array(70_000).fill(255)],
    ['differences everywhere', noise(9000), noise(9000).map((byte) => byte + 1)],
  ])('works for %s', async (_, old, fresh) => {
    for (const how of [{}, { memory: LEAST }, { sizes: SMALL }]) {
      expect(await apply(old, await make(old, fresh, how))).toEqual(fresh);
    }
  });

  it('between equal images is hardly more than its header', async () => {
    const image = noise(3_000_000);
    expect((await make(image, image)).length).toBeLessThan(104 + 40);
  });

  it('of a changed byte and a moved half is small', async () => {
    const old = noise(1_000_000);
    const fresh = concatBytes(old.subarray(500_000), utf8('inserted'), old.subarray(0, 500_000));
    fresh[123] = 1;
    expect((await make(old, fresh)).length).toBeLessThan(104 + 80);
  });

  it('explains bytes with differences rather than inserting them', async () => {
    const old = noise(200_000);
    // As code that calls what moved: every 40th byte is other by the same amount.
    const fresh = old.map((byte, at) => (at % 40 === 0 ? byte + 4 : byte));
    expect((await make(old, fresh)).length).toBeLessThan(1000);
  });

  it('finds what has moved further than a region reaches', async () => {
    const old = noise(400_000, 7);
    const fresh = concatBytes(noise(100_000, 9), old);
    const sizes: TileSizes = { tile: 32 << 10, whole: 32 << 10, region: 64 << 10 };
    const patch = await make(old, fresh, { sizes });
    expect(await apply(old, patch)).toEqual(fresh);
    // The new 100,000 bytes do not compress; what was not found of the rest would cost as much.
    expect(patch.length).toBeLessThan(135_000);
  });
});
