/** Stores one large object in a process of its own: `upload.ts ENDPOINT BUCKET PREFIX MEBIBYTES slow|fast`. */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { immutable } from '../../src/storage/headers.ts';
import { s3Store } from '../../src/storage/s3.ts';
import type { Body } from '../../src/storage/store.ts';
import { noise } from '../unit/storage/contract.ts';

const [endpoint = '', bucket = '', prefix = '', mebibytes = '', pace = ''] = process.argv.slice(2);
const body = noise(Number(mebibytes));
const slow: Body = {
  ...body,
  open: async function* () {
    for await (const piece of body.open()) {
      await sleep(100);
      yield piece;
    }
  },
};

const store = await s3Store({ bucket, prefix, endpoint });
await store.abilities();
const before = process.resourceUsage().maxRSS;
const start = performance.now();
const result = await store.create(
  'big',
  pace === 'slow' ? slow : body,
  immutable('application/octet-stream'),
);
const seconds = Number(((performance.now() - start) / 1000).toFixed(1));
const peak = process.resourceUsage().maxRSS;
console.log(
  JSON.stringify({ result, seconds, before: Math.round(before / 1024), peak: Math.round(peak / 1024) }),
);
