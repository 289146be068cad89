import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { seal } from '../../../src/core/digest.ts';
import type { ProgressEvent } from '../../../src/core/progress.ts';
import {
  digestSource,
  listFolder,
  openFile,
  readRange,
  readSmallFile,
  readSmallFileIfPresent,
  withFile,
} from '../../../src/files/read.ts';
import { freshFolder } from '../../support/folder.ts';
import { noise } from '../../support/release.ts';
import { rejected } from '../keys/thrown.ts';

const folder = freshFolder();
const DATA = noise(1, 5000);
const file = (bytes: Uint8Array = DATA): string => {
  writeFileSync(folder.at('file'), bytes);
  return folder.at('file');
};

describe('openFile', () => {
  it('reads any part, of the file that was opened', async () => {
    const opened = await openFile(file());
    renameSync(folder.at('file'), folder.at('moved'));
    writeFileSync(folder.at('file'), 'another');
    try {
      expect(opened.length).toBe(5000);
      expect(await opened.read(4990, 10)).toEqual(DATA.slice(4990));
      expect(await opened.read(5000, 0)).toHaveLength(0);
      expect((await rejected(opened.read(4990, 11))).code).toBe('input-changed');
      expect((await rejected(opened.read(-1, 1))).code).toBe('input-changed');
    } finally {
      await opened.close();
    }
  });

  it('says that a file became shorter while it was read', async () => {
    await withFile(file(), async (opened) => {
      truncateSync(opened.path, 100);
      expect(await opened.read(0, 100)).toHaveLength(100);
      expect(await rejected(opened.read(50, 100))).toMatchObject({
        code: 'input-changed',
        where: opened.path,
      });
    });
  });

  it('tells what is there instead of a file', async () => {
    expect(await rejected(openFile(folder.at('none')))).toMatchObject({ code: 'input-missing', exitCode: 3 });
    expect((await rejected(openFile(folder.path))).code).toBe('input-directory');
    expect((await rejected(openFile(`${file()}/below`))).code).toBe('input-unreadable');
    symlinkSync('loop', folder.at('loop'));
    expect((await rejected(openFile(folder.at('loop')))).code).toBe('input-unreadable');
    symlinkSync(file(), folder.at('link'));
    await withFile(folder.at('link'), async ({ length }) => expect(length).toBe(5000));
  });

  it.skipIf(process.platform === 'win32')(
    'refuses what is no regular file, without waiting for it',
    async () => {
      expect((await rejected(openFile('/dev/null'))).code).toBe('input-unreadable');
      // Nobody writes to it, ever.
      execFileSync('sh', ['-c', 'mkfifo "$0"', folder.at('pipe')]);
      expect((await rejected(openFile(folder.at('pipe')))).code).toBe('input-unreadable');
    },
  );
});

describe('readRange', () => {
  it('goes on after a short read', async () => {
    const short = {
      read: async (buffer: Uint8Array, offset: number, length: number, position: number) => {
        const bytesRead = Math.min(length, 7);
        buffer.set(DATA.subarray(position, position + bytesRead), offset);
        return { bytesRead, buffer };
      },
    } as unknown as FileHandle;
    expect(await readRange(short, 'file', 5000, 100, 1000)).toEqual(DATA.slice(100, 1100));
  });

  it('gives a disk that fails its code', async () => {
    const broken = {
      read: async () => {
        throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
      },
    } as unknown as FileHandle;
    expect(await rejected(readRange(broken, 'file', 5000, 0, 10))).toMatchObject({
      code: 'input-unreadable',
      where: 'file',
    });
  });
});

describe('readSmallFile', () => {
  it('reads all of a file up to its bound', async () => {
    expect(await readSmallFile(file(), 5000)).toEqual(DATA);
    expect(await rejected(readSmallFile(file(), 4999))).toMatchObject({
      code: 'input-too-large',
      where: file(),
    });
    expect(await readSmallFile(file(new Uint8Array()), 0)).toHaveLength(0);
  });

  it('gives undefined for a file that is not there, and for nothing else', async () => {
    expect(await readSmallFileIfPresent(folder.at('none'))).toBeUndefined();
    expect(await readSmallFileIfPresent(folder.at('none', 'deeper'))).toBeUndefined();
    expect(await readSmallFileIfPresent(file())).toEqual(DATA);
    expect((await rejected(readSmallFileIfPresent(folder.path))).code).toBe('input-directory');
    expect((await rejected(readSmallFileIfPresent(file(), 10))).code).toBe('input-too-large');
  });
});

it('digestSource digests a whole file and says how far it is', async () => {
  const events: ProgressEvent[] = [];
  const digest = await withFile(file(), (opened) =>
    digestSource(opened, 'hash it', (event) => events.push(event)),
  );
  expect(digest).toEqual({ sha256: seal(readFileSync(folder.at('file'))).sha256, length: 5000 });
  expect(events).toEqual([{ task: 'hash it', done: 5000, total: 5000 }]);
});

it('listFolder sorts by code unit and knows no missing folder', async () => {
  for (const name of ['b', 'a', 'B', 'é']) writeFileSync(folder.at(name), '');
  mkdirSync(folder.at('A'));
  expect(await listFolder(folder.path)).toEqual(['A', 'B', 'a', 'b', 'é']);
  expect(await listFolder(folder.at('none'))).toEqual([]);
  expect((await rejected(listFolder(folder.at('a')))).code).toBe('input-unreadable');
});
