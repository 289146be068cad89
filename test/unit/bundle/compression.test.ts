import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compress, decompress } from '../../../src/bundle/compression.ts';
import { FRAME_INPUT_BYTES, readFrame } from '../../../src/bundle/zstd-frame.ts';
import { concatBytes, toHex, utf8 } from '../../../src/core/bytes.ts';
import { seal } from '../../../src/core/digest.ts';
import { memorySource } from '../../../src/core/source.ts';
import { noise } from '../../support/release.ts';

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return concatBytes(...all);
}
const pack = (bytes: Uint8Array) => collect(compress(memorySource(bytes)));
const unpack = (payload: Uint8Array, image: Uint8Array) =>
  collect(decompress(memorySource(payload), seal(image)));

const zstd = spawnSync('zstd', ['--version']).status === 0;

describe('compressing', () => {
  test('is the same on every machine', async () => {
    // RFC 8878: magic, one segment with a size of one byte, one compressed block.
    expect(toHex(await pack(utf8('ota'.repeat(50))))).toBe('28b52ffd2096550000186f7461010010293704');
  });

  test('property: decompressing gives the image back', async () => {
    const pieces = fc.array(fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constant(new Uint8Array(3000))), {
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(pieces, async (parts) => {
        const image = concatBytes(...parts);
        expect(await unpack(await pack(image), image)).toEqual(image);
      }),
    );
  });

  test('frames are of 4 MiB: noise, holes and text across their borders', async () => {
    const image = concatBytes(
      noise(1, FRAME_INPUT_BYTES - 5),
      utf8('across the border'),
      new Uint8Array(2 * FRAME_INPUT_BYTES),
      noise(2, 70_000),
    );
    const payload = await pack(image);
    const contents: number[] = [];
    for (let at = 0; at < payload.length; ) {
      const frame = readFrame(payload.subarray(at)) ?? { length: payload.length, contentLength: -1 };
      contents.push(frame.contentLength);
      at += frame.length;
    }
    expect(contents).toEqual([
      FRAME_INPUT_BYTES,
      FRAME_INPUT_BYTES,
      FRAME_INPUT_BYTES,
      image.length - 3 * FRAME_INPUT_BYTES,
    ]);
    expect(Buffer.compare(await unpack(payload, image), image)).toBe(0);
  });

  test.skipIf(!zstd)('the zstd tool decompresses it (skipped without zstd)', async () => {
    const image = concatBytes(noise(3, FRAME_INPUT_BYTES), utf8('text '.repeat(10_000)));
    const result = spawnSync('zstd', ['-dc'], { input: await pack(image), maxBuffer: 2 ** 24 });
    expect(Buffer.compare(result.stdout, image)).toBe(0);
  });
});

describe('what is not the signed image is refused', () => {
  const image = utf8('a line that comes again\n'.repeat(1000));

  test('other bytes of the same length', async () => {
    const other = Uint8Array.from(image).fill(0x61, 0, 3);
    await expect(unpack(await pack(other), image)).rejects.toMatchObject({ code: 'digest-mismatch' });
  });

  test('less, and nothing', async () => {
    const less = await pack(image.subarray(1));
    await expect(unpack(less, image)).rejects.toMatchObject({ code: 'length-mismatch' });
    await expect(unpack(new Uint8Array(), image)).rejects.toMatchObject({ code: 'length-mismatch' });
  });

  test('cut short at every byte', async () => {
    const payload = await pack(image);
    for (let length = 1; length < payload.length; length += 1) {
      await expect(unpack(payload.subarray(0, length), image)).rejects.toMatchObject({
        code: 'payload-invalid',
      });
    }
  });

  test('one bit flipped, at every byte', async () => {
    const payload = await pack(image);
    for (let at = 0; at < payload.length; at += 1) {
      const changed = Uint8Array.from(payload);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      // A flip that decompresses to the same image is harmless, and the payload's own digest refuses it.
      const result = await unpack(changed, image).then(
        (bytes) => bytes,
        (error: { code: string }) => error.code,
      );
      if (typeof result === 'string') {
        expect(['payload-invalid', 'digest-mismatch', 'length-mismatch']).toContain(result);
      } else expect(result).toEqual(image);
    }
  });

  test.each<[string, string]>([
    ['no zstd', '00112233445566778899'],
    ['a skippable frame', '502a4d1804000000deadbeef'],
    ['a frame with a window instead of a size', '28b52ffd0058010000'],
    ['a frame with a dictionary', '28b52ffd2101000000'],
    ['a frame with a checksum', '28b52ffd2400010000'],
    ['a reserved block', '28b52ffd2001070000'],
    ['a frame of nothing', '28b52ffd2000010000'],
    ['a frame of 4 GiB', '28b52ffde000000000010000000100000000'],
  ])('%s', async (_, hex) => {
    const payload = new Uint8Array(Buffer.from(hex, 'hex'));
    await expect(unpack(payload, image)).rejects.toMatchObject({ code: 'payload-invalid' });
  });
});
