import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.ts';
import type { DeltaFormat } from '../../../src/core/delta-formats.ts';
import { OtaError } from '../../../src/core/errors.ts';
import { applyDeltaFile } from '../../../src/delta/apply-file.ts';
import { DeltaCache } from '../../../src/delta/cache.ts';
import { createDeltaFile, madeHere } from '../../../src/delta/files.ts';
import { directoryStore } from '../../../src/storage/directory.ts';
import type { Store } from '../../../src/storage/store.ts';
import { freshFolder } from '../../support/folder.ts';
import { noise } from './support.ts';

const folder = freshFolder();
const OLD = noise(50_000);
const NEW = concatBytes(OLD.subarray(100), noise(300, 3));

interface Options {
  readonly memory?: number;
  readonly formats?: readonly DeltaFormat[];
}

function setUp(open = async (): Promise<Store> => directoryStore(folder.at('cache'))) {
  writeFileSync(folder.at('old'), OLD);
  writeFileSync(folder.at('new'), NEW);
  const warnings: string[] = [];
  const make = async (options: Options = {}) => {
    const cache = new DeltaCache(open, ({ message }) => warnings.push(message));
    const made = await createDeltaFile(folder.at('old'), folder.at('new'), folder.at('delta'), {
      maker: { ...madeHere(), cache },
      ...options,
    });
    return { made, bytes: readFileSync(folder.at('delta')) };
  };
  const kept = () => readdirSync(folder.at('cache')).map((name) => join(folder.at('cache'), name));
  return { make, kept, warnings };
}

it('a delta is made once, and the same bytes are taken the next time', async () => {
  const { make, kept, warnings } = setUp();
  const first = await make();
  const second = await make();
  expect([first.made.cached, second.made.cached]).toEqual([false, true]);
  expect(second.bytes).toEqual(first.bytes);
  expect(second.made.delta).toEqual(first.made.delta);
  expect(second.made.tried).toMatchObject([{ format: 'otad', result: 'made', cached: true }]);
  expect(kept()).toHaveLength(1);
  expect(warnings).toEqual([]);
});

it('a delta for other memory, another format or other images is another one', async () => {
  const { make, kept } = setUp();
  await make();
  for (const options of [{ memory: 65_536 }, { formats: ['vcdiff'] }, { formats: ['bsdiff40'] }] as const) {
    expect((await make(options)).made.cached).toBe(false);
    expect((await make(options)).made.cached).toBe(true);
  }
  writeFileSync(folder.at('new'), NEW.subarray(1));
  expect((await make()).made.cached).toBe(false);
  expect(kept()).toHaveLength(5);
});

it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
  ['is cut short', (bytes) => bytes.subarray(0, -1)],
  ['is empty', () => new Uint8Array()],
  ['is damaged', (bytes) => Uint8Array.from(bytes, (byte, at) => (at > 150 ? byte ^ 1 : byte))],
  ['is no delta', () => noise(400)],
])('a kept delta that %s is made anew', async (_, change) => {
  const { make, kept } = setUp();
  const first = await make();
  const [path = ''] = kept();
  writeFileSync(path, change(first.bytes));
  const again = await make();
  expect(again.made.cached).toBe(false);
  expect(again.bytes).toEqual(first.bytes);
  expect(readFileSync(path)).toEqual(first.bytes);
});

it('a kept delta that leads elsewhere is not taken', async () => {
  const { make, kept } = setUp();
  await make();
  const [path = ''] = kept();
  const other = folder.at('other');
  writeFileSync(folder.at('image'), noise(1000, 9));
  await createDeltaFile(folder.at('old'), folder.at('image'), other);
  writeFileSync(path, readFileSync(other));
  const again = await make();
  expect(again.made.cached).toBe(false);
  await applyDeltaFile(folder.at('old'), folder.at('delta'), folder.at('result'));
  expect(readFileSync(folder.at('result'))).toEqual(Buffer.from(NEW));
});

it('a kept delta without end is not read to it', async () => {
  let read = 0;
  const endless: Store = {
    ...directoryStore(folder.at('cache')),
    stream: async () =>
      (async function* () {
        for (;;) {
          read += 65_536;
          yield new Uint8Array(65_536);
        }
      })(),
  };
  const { make } = setUp(async () => endless);
  expect((await make()).made.cached).toBe(false);
  expect(read).toBeLessThan(NEW.length + 3 * 65_536);
});

it('a cache that does not answer is told of once, and everything is made all the same', async () => {
  let asked = 0;
  const { make, warnings } = setUp(async () => {
    asked++;
    throw new OtaError('store-unreachable', 'nobody is there');
  });
  const { made, bytes } = await make({ formats: ['otad', 'bsdiff40', 'vcdiff'] });
  expect(made.tried.map(({ result, cached }) => [result, cached])).toEqual(Array(3).fill(['made', false]));
  expect(bytes.length).toBe(made.delta.length);
  expect(warnings).toEqual(['nobody is there']);
  expect(asked).toBe(1);
});
