import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OtaError } from '../../../src/core/errors.ts';
import { memorySource } from '../../../src/core/source.ts';
import { openMediaFiles } from '../../../src/media/files.ts';
import { readTar } from '../../../src/media/tar/read.ts';
import { writeTar } from '../../../src/media/tar/write.ts';
import { refusal } from '../../support/client.ts';
import { filesBelow, freshFolder } from '../../support/folder.ts';
import { noise } from '../../support/release.ts';
import { installed, run } from '../../support/tools.ts';
import { expectFiles, FILES, inPieces, planOf, putAll, putOnBadDisk, TIME } from './support.ts';

const folder = freshFolder();

const packed = async (files = FILES): Promise<Buffer> => {
  await putAll(writeTar, folder.at('stick.tar'), files, { replace: true });
  return readFileSync(folder.at('stick.tar'));
};
const codeOf = async (bytes: Uint8Array): Promise<string> =>
  (await refusal(() => readTar(memorySource(bytes), 'stick.tar'))).code;

it('gives back what was put into it, and is the same for the same files and time', async () => {
  const first = await packed();
  await expectFiles(await openMediaFiles(folder.at('stick.tar')));
  expect((await packed()).equals(first)).toBe(true);
});

it.each(['tar', 'bsdtar'])('%s unpacks the same files', async (tool) => {
  if (!installed(tool)) return;
  await packed();
  run(tool, ['-xf', folder.at('stick.tar'), '-C', folder.path]);
  for (const [key, bytes] of FILES) {
    expect(readFileSync(folder.at(key)).equals(bytes)).toBe(true);
    expect(statSync(folder.at(key)).mtimeMs / 1000).toBe(TIME);
  }
  expect(filesBelow(folder.path).size).toBe(FILES.length + 1);
});

describe('what fails leaves nothing', () => {
  const write = (pieces: AsyncIterable<Uint8Array>) => () =>
    writeTar(folder.at('stick.tar'), [{ key: 'a', length: 10 }], { time: TIME }, (writer) =>
      writer.put('a', 10, pieces),
    );

  it('a file that has other bytes than it was to have, or cannot be read', async () => {
    expect((await refusal(write(inPieces(new Uint8Array(9))))).code).toBe('input-changed');
    expect((await refusal(write(inPieces(new Uint8Array(11), 4)))).code).toBe('input-changed');
    const broken = async function* () {
      yield new Uint8Array(3);
      throw new OtaError('store-unreachable', 'gone');
    };
    expect((await refusal(write(broken()))).code).toBe('store-unreachable');
    expect(filesBelow(folder.path).size).toBe(0);
  });

  it('work that fails between files, or puts too few', async () => {
    const [first] = FILES as [(typeof FILES)[number]];
    const work = (end: () => void) =>
      writeTar(folder.at('stick.tar'), planOf(FILES), { time: TIME }, async (writer) => {
        await writer.put(first[0], first[1].length, inPieces(first[1]));
        end();
      });
    await expect(
      work(() => {
        throw new OtaError('cancelled', 'stopped');
      }),
    ).rejects.toMatchObject({ code: 'cancelled' });
    await expect(work(() => {})).rejects.toThrow('was planned and not put');
    expect(filesBelow(folder.path).size).toBe(0);
  });

  it('a disk that gives back other bytes than it was given', async () => {
    const error = await refusal(() => putOnBadDisk(writeTar, folder.path, 'stick.tar'));
    expect(error).toMatchObject({ code: 'media-damaged', message: expect.stringContaining('targets/a') });
    expect(filesBelow(folder.path).size).toBe(0);
  });

  it('a file that stands there, unless it is to be replaced', async () => {
    writeFileSync(folder.at('stick.tar'), 'mine');
    const error = await refusal(() => putAll(writeTar, folder.at('stick.tar')));
    expect(error).toMatchObject({ code: 'output-exists', hint: expect.stringContaining('--replace') });
    expect(readFileSync(folder.at('stick.tar'), 'utf8')).toBe('mine');
    await packed();
    await expectFiles(await openMediaFiles(folder.at('stick.tar')));
  });
});

describe('what is read', () => {
  it('is not whole where it is cut', async () => {
    const whole = await packed(FILES.slice(0, 5));
    for (const length of [512, 700, 1024, 2560, whole.length - 1024, whole.length - 1]) {
      expect(await codeOf(whole.subarray(0, length))).toBe('media-incomplete');
    }
  });

  it('is no medium where it does not start as one', async () => {
    expect(await codeOf(new Uint8Array())).toBe('media-missing');
    expect(await codeOf(noise(1, 4096))).toBe('media-missing');
    const whole = await packed();
    whole[0] = 0x41;
    expect(await codeOf(whole)).toBe('media-missing');
  });

  it('is damaged where any byte of a header, or after the end, is another', async () => {
    // A path in a pax header, one in two fields, one in one.
    const files = [FILES[102], FILES[10], FILES[0]].flatMap((file) => (file ? [file] : []));
    const whole = await packed(files);
    const { find } = await readTar(memorySource(whole), 'stick.tar');
    expect(find(files[0]?.[0] ?? '')?.length).toBe(5000);
    const second = 3 * 512 + 5120;
    const zeros = whole.length - 1024;
    for (const at of [second, second + 100, second + 130, second + 345, second + 500, zeros + 600]) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await codeOf(changed)).toBe('media-damaged');
    }
    for (const at of [0, 512, 514, 1024, 1400]) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await codeOf(changed)).toBe('media-missing');
    }
    expect(await codeOf(Buffer.concat([whole, Buffer.alloc(512)]))).toBe('media-damaged');
    const twice = Buffer.concat([whole.subarray(0, -1024), whole.subarray(second)]);
    expect(await codeOf(twice)).toBe('media-damaged');
  });
});
