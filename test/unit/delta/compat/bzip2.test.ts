import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../../../../src/core/bytes.ts';
import { memorySource } from '../../../../src/core/source.ts';
import { Bzip2Reader } from '../../../../src/delta/compat/bzip2/decode.ts';
import { sortSuffixes } from '../../../../src/delta/compat/bzip2/suffixes.ts';
import { installed, run } from '../../../support/tools.ts';
import { codeOf, noise } from '../support.ts';
import { bzip2 } from './support.ts';

async function decoded(stream: Uint8Array, length: number): Promise<Uint8Array> {
  const reader = new Bzip2Reader(memorySource(stream));
  const bytes = await reader.exactly(length);
  await reader.finish();
  return bytes;
}

/** Texts that are hard to sort, to cut into blocks or to count runs of. */
const TEXTS: readonly (readonly [string, Uint8Array])[] = [
  ['nothing', new Uint8Array()],
  ['one byte', utf8('a')],
  ['a run of 3', utf8('aaa')],
  ['a run of 4', utf8('aaaa')],
  ['a run of 255', new Uint8Array(255)],
  ['a run of 256', new Uint8Array(256)],
  ['a run across two million bytes', new Uint8Array(2_000_000)],
  ['a period', utf8('abc'.repeat(20_000))],
  ['a period with a last byte of its own', utf8(`${'ab'.repeat(20_000)}c`)],
  ['runs of each length', concatBytes(...Array.from({ length: 300 }, (_, n) => new Uint8Array(n).fill(n)))],
  ['every byte', Uint8Array.from({ length: 5000 }, (_, at) => at)],
  ['two blocks', concatBytes(noise(300_000), ...Array(4).fill(noise(160_000, 5)))],
];

describe('bzip2', () => {
  it.each(TEXTS)('%s comes back', async (_, bytes) => {
    expect(Buffer.compare(await decoded(await bzip2(bytes), bytes.length), bytes)).toBe(0);
  });

  it.skipIf(!installed('bzip2'))('the tool reads what is written, and what it writes is read', async () => {
    const bytes = concatBytes(...TEXTS.map(([, text]) => text.subarray(0, 50_000)));
    const stream = await bzip2(bytes);
    expect(Buffer.compare(run('bzip2', ['-dc'], { input: stream }), bytes)).toBe(0);
    const theirs = run('bzip2', ['-9c'], { input: bytes });
    expect(Buffer.compare(await decoded(theirs, bytes.length), bytes)).toBe(0);
    expect(stream.length).toBeLessThan(theirs.length * 1.01);
  });

  it('the same bytes give the same stream, however they are cut', async () => {
    const bytes = concatBytes(noise(2000), new Uint8Array(3000), utf8('again '.repeat(500)));
    const pieces = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
    expect(await bzip2(...pieces)).toEqual(await bzip2(bytes));
  });

  it('a stream with another byte is refused, or says the same; one with a byte more or less is refused', async () => {
    const bytes = utf8('The quick brown fox jumps over the lazy dog. '.repeat(30));
    const stream = await bzip2(bytes);
    let refused = 0;
    for (let at = 0; at < stream.length; at++) {
      const wrong = Uint8Array.from(stream, (byte, index) => (index === at ? byte ^ 0x10 : byte));
      // The level, codes that are not used and the last bits may be others.
      const made = decoded(wrong, bytes.length);
      if ((await codeOf(made)) === undefined) expect(await made).toEqual(bytes);
      else refused++;
    }
    expect(refused).toBeGreaterThan(stream.length / 2);
    expect(await codeOf(decoded(stream.subarray(0, -1), bytes.length))).toBe('delta-invalid');
    expect(await codeOf(decoded(concatBytes(stream, Uint8Array.of(0)), bytes.length))).toBe('delta-invalid');
    expect(await codeOf(decoded(stream, bytes.length + 1))).toBe('delta-invalid');
    expect(await codeOf(decoded(stream, bytes.length - 1))).toBe('delta-invalid');
  });
});

it('suffixes come in the order of their bytes', () => {
  const letters = fc.uint8Array({ max: 3, maxLength: 200 });
  fc.assert(
    fc.property(fc.oneof(letters, fc.uint8Array({ maxLength: 300 })), (text) => {
      const naive = Array.from(text.keys()).sort((a, b) =>
        Buffer.compare(text.subarray(a), text.subarray(b)),
      );
      expect(Array.from(sortSuffixes(text, 255))).toEqual(naive);
    }),
    { seed: 7, numRuns: 300 },
  );
});
