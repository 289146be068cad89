import { describe, expect, it } from 'vitest';
import { partsOf, putParts } from '../../../src/media/parts.ts';
import { refusal } from '../../support/client.ts';

async function* pieces(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}

async function put(length: number, limit: number, ...texts: string[]) {
  const files: [string, number, string][] = [];
  const writer = {
    put: async (key: string, size: number, bytes: AsyncIterable<Uint8Array>) => {
      const parts: Uint8Array[] = [];
      for await (const piece of bytes) parts.push(piece);
      files.push([key, size, Buffer.concat(parts).toString()]);
    },
  };
  await putParts(writer, { key: 'a', length }, pieces(...texts), limit);
  return files;
}

describe('parts of a file', () => {
  it('are none where it is short enough', () => {
    expect(partsOf('a', 10, 10)).toEqual([{ key: 'a', length: 10 }]);
    expect(partsOf('a', 0, 10)).toEqual([{ key: 'a', length: 0 }]);
  });

  it('are as long as one may be, but the last', () => {
    expect(partsOf('a', 21, 10)).toEqual([
      { key: 'a.part-000', length: 10 },
      { key: 'a.part-001', length: 10 },
      { key: 'a.part-002', length: 1 },
    ]);
  });

  it('are at most a thousand', async () => {
    expect(partsOf('a', 1000, 1)).toHaveLength(1000);
    expect(await refusal(async () => partsOf('a', 1001, 1))).toMatchObject({ code: 'input-too-large' });
  });

  it('are cut wherever the pieces end', async () => {
    expect(await put(7, 3, '01', '2345', '6')).toEqual([
      ['a.part-000', 3, '012'],
      ['a.part-001', 3, '345'],
      ['a.part-002', 1, '6'],
    ]);
    expect(await put(3, 3, '012')).toEqual([['a', 3, '012']]);
  });

  it('show in the last that there are bytes too many', async () => {
    expect((await put(4, 3, '0123', '45')).at(-1)).toEqual(['a.part-001', 1, '345']);
  });
});
