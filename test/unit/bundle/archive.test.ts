import { describe, expect, test } from 'vitest';
import { entryHeader } from '../../../src/bundle/archive/header.ts';
import { writeArchive } from '../../../src/bundle/archive/write.ts';
import { concatBytes } from '../../../src/core/bytes.ts';
import { OtaError } from '../../../src/core/errors.ts';

describe('the archive writer', () => {
  test('writes what the reader builds', async () => {
    const entries = [
      {
        path: 'payloads/a',
        length: 600,
        open: async function* () {
          yield new Uint8Array(600).fill(7);
        },
      },
      { path: `extras/${'x'.repeat(93)}`, length: 0, open: async function* () {} },
    ];
    const pieces: Uint8Array[] = [];
    for await (const piece of writeArchive(entries, 2 ** 31 - 1)) pieces.push(piece);
    const [a, b] = entries.map((entry) => entryHeader(entry, 2 ** 31 - 1));
    const body = new Uint8Array(1024).fill(7, 0, 600);
    expect(concatBytes(...pieces)).toEqual(concatBytes(a ?? body, body, b ?? body, new Uint8Array(1024)));
  });

  test('a source that fails, or gives too little, fails the archive', async () => {
    const read = async (open: () => AsyncIterable<Uint8Array>) => {
      for await (const _ of writeArchive([{ path: 'a', length: 10, open }], 0));
    };
    await expect(
      read(async function* () {
        yield new Uint8Array(5);
        throw new OtaError('input-changed', 'x');
      }),
    ).rejects.toMatchObject({ code: 'input-changed' });
    await expect(
      read(async function* () {
        yield new Uint8Array(5);
      }),
    ).rejects.toThrow();
  });
});

test('what is held in memory does not grow with the content', async () => {
  const length = 400 << 20;
  const open = async function* () {
    for (let given = 0; given < length; given += 1 << 20) yield new Uint8Array(1 << 20);
  };
  let most = 0;
  for await (const _ of writeArchive([{ path: 'a', length, open }], 0)) {
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  }
  expect(most).toBeLessThan(200 << 20);
});
