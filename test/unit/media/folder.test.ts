import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { seal } from '../../../src/core/digest.ts';
import { writeFolder } from '../../../src/media/folder.ts';
import { encodeMediaLayout, MEDIA_FILE } from '../../../src/media/layout.ts';
import { MAX_PART, partsOf, putParts } from '../../../src/media/parts.ts';
import type { MediaWriter } from '../../../src/media/writer.ts';
import { refusal } from '../../support/client.ts';
import { filesBelow, freshFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import { name, PRODUCT, STABLE } from '../../support/release.ts';

const folder = freshFolder();
const PARTS = 10;
type Contents = Readonly<Record<string, string>>;

const listOf = (contents: Contents): string =>
  Buffer.from(
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
      files: Object.entries(contents).map(([key, text]) => {
        const { length, sha256 } = seal(utf8(text));
        return { key, length, sha256 };
      }),
    }),
  ).toString();

async function* once(text: string) {
  yield utf8(text);
}

async function write(
  contents: Contents,
  options: { readonly replace?: boolean; readonly stopAt?: string; readonly watch?: () => void } = {},
): Promise<readonly string[]> {
  const put: string[] = [];
  const all = [...Object.entries(contents)];
  const list = listOf(contents);
  const files = [
    ...all.flatMap(([key, text]) => partsOf(key, text.length, PARTS)),
    { key: MEDIA_FILE, length: list.length },
  ];
  const { stopAt, watch, ...more } = options;
  await writeFolder(folder.path, files, { time: NOW, ...more }, async (writer: MediaWriter) => {
    for (const [key, text] of all) {
      watch?.();
      if (key === stopAt) throw new Error('pulled');
      if (await writer.holds?.(key, seal(utf8(text)), () => {})) continue;
      put.push(key);
      await putParts(writer, { key, length: text.length }, once(text), PARTS);
    }
    await writer.put(MEDIA_FILE, list.length, once(list));
  });
  return put;
}

const FIRST: Contents = { 'metadata/1.root.json': 'root', 'targets/a': '0123456789abcd', 'targets/b': 'b' };
const SECOND: Contents = { 'metadata/1.root.json': 'root', 'targets/b': 'B', 'targets/c': 'c' };
const names = () => [...filesBelow(folder.path).keys()];

describe('a medium in a folder', () => {
  it('stands beside what else is there, long files in parts', async () => {
    writeFileSync(folder.at('photo.jpg'), 'mine');
    mkdirSync(folder.at('targets'));
    writeFileSync(folder.at('targets', 'holiday.txt'), 'mine');
    await write(FIRST);
    expect(names()).toEqual([
      'metadata/1.root.json',
      MEDIA_FILE,
      'photo.jpg',
      'targets/a.part-000',
      'targets/a.part-001',
      'targets/b',
      'targets/holiday.txt',
    ]);
    expect(readFileSync(folder.at('targets', 'a.part-001'), 'utf8')).toBe('abcd');
    expect(MAX_PART).toBe(4_294_901_760);
  });

  it('is gone on with where it was cut off, without what is there', async () => {
    await expect(write(FIRST, { stopAt: 'targets/b' })).rejects.toThrow('pulled');
    expect(existsSync(folder.at(MEDIA_FILE))).toBe(false);
    writeFileSync(folder.at('targets', '.a.part-000.0123456789ab.tmp'), 'half');
    expect(await write(FIRST)).toEqual(['targets/b']);
    expect(names()).not.toContain('targets/.a.part-000.0123456789ab.tmp');
  });

  it('writes again what is not right', async () => {
    await expect(write(FIRST, { stopAt: 'targets/b' })).rejects.toThrow('pulled');
    writeFileSync(folder.at('targets', 'a.part-001'), 'abcX');
    expect(await write(FIRST)).toEqual(['targets/a', 'targets/b']);
    expect(readFileSync(folder.at('targets', 'a.part-001'), 'utf8')).toBe('abcd');
  });

  it('is not written over another one unless that is said, and is never seen as finished before it is', async () => {
    await write(FIRST);
    const before = filesBelow(folder.path);
    expect(await refusal(() => write(SECOND))).toMatchObject({ code: 'output-exists' });
    expect(filesBelow(folder.path)).toEqual(before);
    writeFileSync(folder.at('photo.jpg'), 'mine');
    const watch = () => expect(existsSync(folder.at(MEDIA_FILE))).toBe(false);
    expect(await write(SECOND, { replace: true, watch })).toEqual(['targets/b', 'targets/c']);
    expect(names()).toEqual(['metadata/1.root.json', MEDIA_FILE, 'photo.jpg', 'targets/b', 'targets/c']);
  });

  it('leaves nothing of what was begun before, also where another one was begun meanwhile', async () => {
    await write(FIRST);
    await expect(write(SECOND, { replace: true, stopAt: 'metadata/1.root.json' })).rejects.toThrow('pulled');
    await expect(write(FIRST, { stopAt: 'targets/b' })).rejects.toThrow('pulled');
    await write(SECOND);
    expect(names()).toEqual(['metadata/1.root.json', MEDIA_FILE, 'targets/b', 'targets/c']);
  });

  it('is no place to remove or write other files by', async () => {
    writeFileSync(folder.at('photo.jpg'), 'mine');
    writeFileSync(folder.at('ota-media.begun'), 'photo.jpg\n../x\ntargets/../photo.jpg\n');
    await write(FIRST);
    expect(names()).toContain('photo.jpg');
    mkdirSync(folder.at('elsewhere'));
    symlinkSync(folder.at('elsewhere'), folder.at('stick'));
    mkdirSync(folder.at('real'));
    symlinkSync('../elsewhere', folder.at('real', 'targets'));
    const files = [{ key: 'targets/a', length: 1 }];
    const put = (writer: MediaWriter) => writer.put('targets/a', 1, once('a'));
    expect(await refusal(() => writeFolder(folder.at('real'), files, { time: NOW }, put))).toMatchObject({
      code: 'store-refused',
    });
    await writeFolder(folder.at('stick'), files, { time: NOW }, put);
    expect([...filesBelow(folder.at('elsewhere')).keys()]).toEqual(['targets/a']);
  });

  it('refuses what is shorter than planned, and what there is no room for', async () => {
    const files = [{ key: 'targets/a', length: 2 }];
    const put = (writer: MediaWriter) => writer.put('targets/a', 2, once('a'));
    expect(await refusal(() => writeFolder(folder.path, files, { time: NOW }, put))).toMatchObject({
      code: 'input-changed',
    });
    expect(existsSync(folder.at('targets', 'a'))).toBe(false);
    await write(FIRST);
    const before = filesBelow(folder.path);
    const huge = [{ key: 'targets/a', length: 2 ** 52 }];
    expect(
      await refusal(() => writeFolder(folder.path, huge, { time: NOW, replace: true }, put)),
    ).toMatchObject({ code: 'disk-full' });
    expect(filesBelow(folder.path)).toEqual(before);
  });
});
