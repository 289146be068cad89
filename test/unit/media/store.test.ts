import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { seal } from '../../../src/core/digest.ts';
import { encodeMediaLayout } from '../../../src/media/layout.ts';
import { type MediaFiles, mediumOf, openMedium } from '../../../src/media/store.ts';
import { directoryStore } from '../../../src/storage/directory.ts';
import { refusal } from '../../support/client.ts';
import { freshFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import { name, PRODUCT, STABLE } from '../../support/release.ts';

const PARTS = 10;
const FILES: Readonly<Record<string, string>> = {
  'metadata/timestamp.json': '{}',
  'metadata/1.root.json': '{"1":2}',
  'targets/short': '0123456789',
  'targets/long': '0123456789abcdefghijXYZ',
};
const folder = freshFolder();

function write(key: string, bytes: string | Uint8Array): void {
  mkdirSync(dirname(folder.at(key)), { recursive: true });
  writeFileSync(folder.at(key), bytes);
}

beforeEach(() => {
  for (const [key, text] of Object.entries(FILES)) {
    if (text.length <= PARTS) write(key, text);
    for (let at = 0; text.length > PARTS && at < text.length; at += PARTS)
      write(`${key}.part-00${at / PARTS}`, text.slice(at, at + PARTS));
  }
  write(
    'ota-media.json',
    encodeMediaLayout({
      made: NOW,
      parts: PARTS,
      for: [
        {
          product: PRODUCT,
          channels: [STABLE],
          hardware: [name('gw-a1')],
          from: [],
          full: true,
          releases: [],
        },
      ],
      files: Object.entries(FILES).map(([key, text]) => {
        const { length, sha256 } = seal(utf8(text));
        return { key, length, sha256 };
      }),
    }),
  );
});

async function text(pieces: AsyncIterable<Uint8Array> | undefined): Promise<string | undefined> {
  if (!pieces) return undefined;
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts).toString('utf8');
}
const streamed = async (key: string) => text(await (await openMedium(folder.path)).store.stream(key));

describe('a medium', () => {
  it('gives its files whole, those in parts too, and none that it does not have', async () => {
    const { store, layout } = await openMedium(folder.path);
    for (const [key, content] of Object.entries(FILES)) {
      expect(await streamed(key)).toBe(content);
      expect((await store.stat(key))?.length).toBe(content.length);
    }
    expect(layout.files).toHaveLength(4);
    expect(await store.read('metadata/2.root.json', 100)).toBeUndefined();
    expect(await store.stream('targets/other')).toBeUndefined();
    expect(await store.stat('targets/other')).toBeUndefined();
    expect(Buffer.from((await store.read('metadata/1.root.json', 100))?.bytes ?? []).toString()).toBe(
      '{"1":2}',
    );
  });

  it('is told from a folder that holds none, and from one that was not finished', async () => {
    rmSync(folder.at('ota-media.json'));
    expect(await refusal(() => openMedium(folder.path))).toMatchObject({ code: 'media-incomplete' });
    rmSync(folder.at('metadata'), { recursive: true });
    expect(await refusal(() => openMedium(folder.path))).toMatchObject({ code: 'media-incomplete' });
    rmSync(folder.at('targets'), { recursive: true });
    expect(await refusal(() => openMedium(folder.path))).toMatchObject({ code: 'media-missing' });
    write('ota-media.begun', 'targets/short\n');
    expect(await refusal(() => openMedium(folder.path))).toMatchObject({ code: 'media-incomplete' });
    expect(await refusal(() => openMedium(folder.at('nowhere')))).toMatchObject({ code: 'media-missing' });
  });

  it('says that its list is damaged', async () => {
    write('ota-media.json', '{');
    expect(await refusal(() => openMedium(folder.path))).toMatchObject({ code: 'media-damaged' });
  });

  it.each(['targets/short', 'metadata/1.root.json'])('says that %s is missing or cut short', async (key) => {
    truncateSync(folder.at(key), 3);
    expect(await refusal(() => streamed(key))).toMatchObject({ code: 'media-incomplete', where: key });
    const { store } = await openMedium(folder.path);
    expect(await refusal(() => store.read(key, 100))).toMatchObject({ code: 'media-incomplete' });
    rmSync(folder.at(key));
    expect(await refusal(() => streamed(key))).toMatchObject({ code: 'media-incomplete', where: key });
  });

  it('says that a part is missing or cut short', async () => {
    truncateSync(folder.at('targets/long.part-002'), 1);
    expect(await refusal(() => streamed('targets/long'))).toMatchObject({
      code: 'media-incomplete',
      message: expect.stringContaining('only 21 of 23 bytes'),
    });
    rmSync(folder.at('targets/long.part-001'));
    expect(await refusal(() => streamed('targets/long'))).toMatchObject({
      code: 'media-incomplete',
      where: 'targets/long.part-001',
    });
  });

  it('may have a timestamp that is newer than its list', async () => {
    write('metadata/timestamp.json', '1');
    expect(await streamed('metadata/timestamp.json')).toBe('1');
  });

  it('that is pulled is no medium with files missing', async () => {
    const { store } = await openMedium(folder.path);
    rmSync(folder.path, { recursive: true });
    expect(await refusal(() => store.stat('targets/short'))).toMatchObject({ code: 'media-removed' });
  });

  it.each(['EIO', 'ENODEV'])('that fails with %s half-way says so', async (code) => {
    const failing = (): never => {
      throw new Error('read', { cause: Object.assign(new Error(code), { code }) });
    };
    const real = directoryStore(folder.path);
    async function* pieces() {
      yield utf8('01');
      failing();
    }
    const files: MediaFiles = {
      url: real.url,
      list: real.list,
      stat: (key) => (key === 'targets/other' ? failing() : real.stat(key)),
      read: real.read,
      stream: async () => pieces(),
    };
    const { store } = await mediumOf(files);
    const read = async () => text(await store.stream('targets/short'));
    expect(await refusal(read)).toMatchObject({ code: 'media-removed', exitCode: 6 });
    expect(await refusal(() => store.stat('targets/other'))).toMatchObject({ code: 'media-removed' });
  });

  it('does not hide a failure of another kind', async () => {
    const real = directoryStore(folder.path);
    const files: MediaFiles = { ...real, stat: () => Promise.reject(new TypeError('a bug')) };
    await expect(async () => (await mediumOf(files)).store.stat('targets/short')).rejects.toThrow(TypeError);
  });
});
