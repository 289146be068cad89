/**
 * One writer in a process of its own: `writer.ts ROOT TASK NAME`. Waits for the file `go`, so that many start at once; prints
 * what it was told for each key.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromUtf8, utf8 } from '../../../src/core/bytes.ts';
import { seal } from '../../../src/core/digest.ts';
import { memoryBody } from '../../../src/storage/body.ts';
import { directoryStore } from '../../../src/storage/directory.ts';
import { immutable, revalidated } from '../../../src/storage/headers.ts';

const [root = '', task = '', name = ''] = process.argv.slice(2);
const store = directoryStore(join(root, 'store'));
const headers = immutable('text/plain');

writeFileSync(join(root, `ready-${name}`), '');
while (!existsSync(join(root, 'go'))) await sleep(2);

const results: string[] = [];
if (task === 'create') {
  for (let key = 0; key < 25; key += 1) {
    results.push(await store.create(`race/${key}`, memoryBody(seal(utf8(`${name} ${key}`))), headers));
  }
} else if (task === 'count') {
  for (let done = 0; done < 5; ) {
    const found = await store.read('n', 100);
    const next = utf8(String(Number(fromUtf8(found?.bytes ?? utf8('0'))) + 1));
    const result = await store.replace('n', next, found?.token, revalidated('text/plain'));
    results.push(result);
    if (result === 'replaced') done += 1;
  }
} else if (task === 'hang') {
  // Begins to create and never ends; its caller kills it.
  const open = async function* () {
    yield utf8('half');
    console.log('half');
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  };
  await store.create('k', { ...seal(utf8('half and half')), open }, headers);
}
if (task === 'large') {
  const body = memoryBody(seal(new Uint8Array(4 * 2 ** 20)));
  results.push(await store.create('k', body, headers).catch((error: { code: string }) => error.code));
}
console.log(JSON.stringify(results));
