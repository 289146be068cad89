import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { withFolderBeside } from '../../../src/files/beside.ts';
import { removeFile, removeFolder } from '../../../src/files/remove.ts';
import { removeScratch, track, untrack } from '../../../src/files/scratch.ts';
import { isTemporary, removeTemporaries, temporaryBeside } from '../../../src/files/temporary.ts';
import { withUpdatableFile } from '../../../src/files/update.ts';
import {
  makeFolder,
  withScratchFolder,
  writeAtomic,
  writeFileAtomic,
  writeStreamAtomic,
} from '../../../src/files/write.ts';
import { filesBelow, freshFolder, modeOf } from '../../support/folder.ts';
import { noise } from '../../support/release.ts';
import { rejected } from '../keys/thrown.ts';

const folder = freshFolder();
const DATA = noise(1, 3000);
const onPosix = it.skipIf(process.platform === 'win32');
afterEach(() => vi.unstubAllEnvs());

async function* pieces(fail = false) {
  yield DATA.subarray(0, 1000);
  if (fail) throw new Error('the source failed');
  yield DATA.subarray(1000);
}

describe('writing whole or not at all', () => {
  it('writes bytes and streams, and replaces what is there', async () => {
    const path = folder.at('file');
    await writeFileAtomic(path, DATA.subarray(5));
    expect(await writeStreamAtomic(path, pieces())).toBe(3000);
    expect(filesBelow(folder.path)).toEqual(new Map([['file', Buffer.from(DATA)]]));
  });

  it.each([undefined, 'before'])(
    'leaves %j where the source fails half way, and its error as it was',
    async (before) => {
      if (before) writeFileSync(folder.at('file'), before);
      await expect(writeStreamAtomic(folder.at('file'), pieces(true))).rejects.toThrow('the source failed');
      expect([...filesBelow(folder.path).values()].map(String)).toEqual(before ? [before] : []);
    },
  );

  it('never replaces when it is exclusive, not even a dangling link', async () => {
    writeFileSync(folder.at('file'), 'before');
    symlinkSync('nowhere', folder.at('link'));
    for (const name of ['file', 'link']) {
      const error = await rejected(writeFileAtomic(folder.at(name), DATA, { exclusive: true }));
      expect(error).toMatchObject({ code: 'output-exists', where: folder.at(name) });
    }
    expect(readFileSync(folder.at('file'), 'utf8')).toBe('before');
    expect(readdirSync(folder.path).sort()).toEqual(['file', 'link']);
    await writeFileAtomic(folder.at('new'), DATA, { exclusive: true });
    expect(readFileSync(folder.at('new'))).toEqual(Buffer.from(DATA));
  });

  it('of many that are exclusive exactly one wins', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, at) =>
        writeFileAtomic(folder.at('file'), new Uint8Array([at]), { exclusive: true }),
      ),
    );
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect([...readFileSync(folder.at('file'))]).toEqual([winner]);
  });

  it('replaces a link, not what it leads to', async () => {
    writeFileSync(folder.at('target'), 'before');
    symlinkSync('target', folder.at('link'));
    await writeFileAtomic(folder.at('link'), DATA);
    expect(readFileSync(folder.at('target'), 'utf8')).toBe('before');
    expect(readFileSync(folder.at('link'))).toEqual(Buffer.from(DATA));
  });

  onPosix('gives the mode that was asked for, less the umask', async () => {
    const before = process.umask(0o027);
    try {
      await writeFileAtomic(folder.at('usual'), DATA);
      await writeFileAtomic(folder.at('private'), DATA, { mode: 0o600 });
      await makeFolder(folder.at('keys'), 0o700);
    } finally {
      process.umask(before);
    }
    expect(modeOf(folder.at('usual'))).toBe(0o640);
    expect(modeOf(folder.at('private'))).toBe(0o600);
    expect(modeOf(folder.at('keys'))).toBe(0o700);
  });

  it('says where it cannot write, and why', async () => {
    const below = folder.at('none', 'file');
    expect(await rejected(writeFileAtomic(below, DATA))).toMatchObject({
      code: 'output-failed',
      where: below,
    });
    writeFileSync(folder.at('file'), '');
    expect((await rejected(writeFileAtomic(folder.at('file', 'below'), DATA))).code).toBe('output-failed');
    expect((await rejected(makeFolder(folder.at('file', 'below')))).code).toBe('output-failed');
    mkdirSync(folder.at('folder'));
    expect((await rejected(writeFileAtomic(folder.at('folder'), DATA))).code).toBe('input-directory');
    expect(readdirSync(folder.path).sort()).toEqual(['file', 'folder']);
  });

  it('gives back what the writer made', async () => {
    expect(await writeAtomic(folder.at('file'), async (file) => (await file.stat()).size)).toBe(0);
  });
});

describe('what must not stay', () => {
  it('a half-written file is removed when the process is told to end', async () => {
    await writeStreamAtomic(
      folder.at('file'),
      (async function* () {
        yield DATA;
        expect(readdirSync(folder.path).filter(isTemporary)).toHaveLength(1);
        removeScratch();
        expect(readdirSync(folder.path)).toEqual([]);
        throw new Error('ended');
      })(),
    ).catch(() => {});
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('scratch folders are removed however their use ends', async () => {
    const seen: string[] = [];
    const use = async (path: string) => {
      seen.push(path);
      writeFileSync(`${path}/file`, DATA);
      if (seen.length % 2 === 0) throw new Error('ended');
      return path;
    };
    for (const make of [
      withScratchFolder<string>,
      (work: typeof use) => withFolderBeside(folder.at('file'), work),
    ]) {
      await make(use);
      await expect(make(use)).rejects.toThrow('ended');
    }
    expect(seen).toHaveLength(4);
    for (const path of seen) expect(existsSync(path)).toBe(false);
  });

  onPosix('a scratch folder is private', async () => {
    await withScratchFolder(async (path) => expect(modeOf(path)).toBe(0o700));
    await withFolderBeside(folder.at('file'), async (path) => {
      expect(modeOf(path)).toBe(0o700);
      expect(statSync(path).dev).toBe(statSync(folder.path).dev);
    });
  });

  it('says that there is no place for a scratch folder', async () => {
    vi.stubEnv('TMPDIR', folder.at('none'));
    expect(await rejected(withScratchFolder(async () => 'used'))).toMatchObject({
      code: 'output-failed',
      exitCode: 3,
    });
    expect((await rejected(withFolderBeside(folder.at('none', 'file'), async () => 'used'))).code).toBe(
      'output-failed',
    );
  });

  it('removeScratch leaves what is no longer tracked', () => {
    for (const name of ['kept', 'gone']) {
      writeFileSync(folder.at(name), '');
      track(folder.at(name));
    }
    untrack(folder.at('kept'));
    removeScratch();
    expect(readdirSync(folder.path)).toEqual(['kept']);
  });
});

describe('temporaries', () => {
  it('have names of their own, which are told from all others', async () => {
    const path = temporaryBeside(folder.at('a file'));
    expect(temporaryBeside(folder.at('a file'))).not.toBe(path);
    const names = [path.slice(folder.path.length + 1), '.a.0123456789ab.tmp'];
    const others = ['a', '.a', '.a.tmp', 'a.0123456789ab.tmp', '.a.0123456789AB.tmp', '.a.0123456789ab.tmp2'];
    for (const name of [...names, ...others]) writeFileSync(folder.at(name), '');
    expect(names.every(isTemporary)).toBe(true);
    await removeTemporaries(folder.path);
    expect(readdirSync(folder.path).sort()).toEqual(others.sort());
    await removeTemporaries(folder.at('none'));
  });
});

describe('removing', () => {
  it('takes away a file or a folder with all in it, and does not miss either', async () => {
    mkdirSync(folder.at('a', 'b'), { recursive: true });
    writeFileSync(folder.at('a', 'b', 'c'), '');
    await removeFolder(folder.at('a'));
    await removeFolder(folder.at('a'));
    writeFileSync(folder.at('file'), '');
    await removeFile(folder.at('file'));
    await removeFile(folder.at('file'));
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe('withUpdatableFile', () => {
  it('changes bytes in place and nothing else', async () => {
    writeFileSync(folder.at('file'), DATA);
    const { ino } = statSync(folder.at('file'));
    const length = await withUpdatableFile(folder.at('file'), async (file) => {
      await file.overwrite(100, new Uint8Array([1, 2, 3]));
      expect(await file.read(99, 5)).toEqual(new Uint8Array([DATA[99] ?? 0, 1, 2, 3, DATA[103] ?? 0]));
      return file.length;
    });
    expect(length).toBe(3000);
    const expected = Uint8Array.from(DATA);
    expected.set([1, 2, 3], 100);
    expect(readFileSync(folder.at('file'))).toEqual(Buffer.from(expected));
    expect(statSync(folder.at('file')).ino).toBe(ino);
  });

  it('needs a file that is there', async () => {
    const use = async () => 'used';
    expect((await rejected(withUpdatableFile(folder.at('none'), use))).code).toBe('input-missing');
    expect((await rejected(withUpdatableFile(folder.path, use))).code).toBe('input-directory');
    expect(readdirSync(folder.path)).toEqual([]);
  });
});
