import { statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Hasher, seal } from '../../../src/core/digest.ts';
import { writeImage } from '../../../src/media/fat/write.ts';
import { writeFolder } from '../../../src/media/folder.ts';
import { encodeMediaLayout, MEDIA_FILE } from '../../../src/media/layout.ts';
import { MAX_PART, partsOf, putParts } from '../../../src/media/parts.ts';
import { openMedium } from '../../../src/media/store.ts';
import { writeTar } from '../../../src/media/tar/write.ts';
import { freshFolder } from '../../support/folder.ts';
import { name, noise } from '../../support/release.ts';
import { installed, run } from '../../support/tools.ts';
import { inPieces, TIME } from './support.ts';

const folder = freshFolder();
const KEY = 'targets/gateway/1.0.0/linux';
const MIB = 2 ** 20;
const LENGTH = 4198 * MIB + 77;
const BLOCK = noise(1, 4 * MIB);

/** 4.1 GiB of which no two MiB are alike where it would matter: each block starts with its number. */
async function* pieces() {
  for (let at = 0; at < LENGTH; at += BLOCK.length) {
    const piece = Buffer.from(BLOCK.subarray(0, LENGTH - at));
    piece.writeUInt32LE(at / BLOCK.length);
    yield piece;
  }
}

// Each writes 4.1 GiB, and reads them twice: OTA_LARGE=1.
it.skipIf(process.env.OTA_LARGE !== '1').each([
  ['folder', writeFolder],
  ['stick.img', writeImage],
  ['stick.tar', writeTar],
] as const)(
  'a file of more than 4 GiB lies in parts in %s',
  async (path, write) => {
    const hasher = new Hasher();
    for await (const piece of pieces()) hasher.update(piece);
    const file = { key: KEY, ...hasher.digest() };
    const list = seal(
      encodeMediaLayout({
        made: TIME,
        parts: MAX_PART,
        for: [{ product: name('gateway'), channels: [], hardware: [], from: [], full: true, releases: [] }],
        files: [file],
      }),
    );
    const plan = [...partsOf(KEY, LENGTH, MAX_PART), { key: MEDIA_FILE, length: list.length }];
    expect(plan.map(({ key }) => key)).toEqual([`${KEY}.part-000`, `${KEY}.part-001`, MEDIA_FILE]);
    await write(folder.at(path), plan, { time: TIME }, async (writer) => {
      await putParts(writer, file, pieces(), MAX_PART);
      await writer.put(MEDIA_FILE, list.length, inPieces(list.bytes));
    });
    const { store } = await openMedium(folder.at(path));
    const found = new Hasher();
    for await (const piece of (await store.stream(KEY)) ?? []) found.update(piece);
    expect(found.digest()).toEqual({ sha256: file.sha256, length: LENGTH });
    if (path !== 'stick.img' || !installed('fsck.fat', 'dd')) return;
    const volume = folder.at('volume');
    run('dd', [`if=${folder.at(path)}`, `of=${volume}`, 'bs=1M', 'skip=1', 'status=none']);
    expect(run('fsck.fat', ['-n', volume]).toString()).toMatch(/ 7 files, /);
    expect(statSync(volume).size).toBeGreaterThan(LENGTH);
  },
  600_000,
);
