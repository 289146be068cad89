import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { withOpenBundle } from '../../../src/bundle/files.ts';
import { signBundleFile } from '../../../src/bundle/sign.ts';
import type { OtaError } from '../../../src/core/errors.ts';
import { freshFolder } from '../../support/folder.ts';
import { noise } from '../../support/release.ts';
import { bundle, keysOf, RELEASE_FILE, signer, verifyBytes, writeProduct } from './fixture.ts';

const home = freshFolder();
const failure = (work: Promise<unknown>): Promise<OtaError> =>
  work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: OtaError) => error,
  );
const leftovers = () =>
  readdirSync(home.path).filter((name) => name.startsWith('.') || name.endsWith('.ota'));

describe('a bundle', () => {
  test('holds everything in its order, and verifies', async () => {
    writeProduct(home.path);
    const { manifest, length, unchanged } = await bundle(home.path);
    expect(manifest.components.map(({ name }) => name)).toEqual(['linux', 'radio']);
    expect(manifest.hardware).toEqual(['gw-a1', 'gw-b2']);
    expect(manifest.extras.map(({ name }) => name)).toEqual(['notes.md']);
    expect(unchanged).toBe(false);
    const [linux, radio] = manifest.components;
    expect(linux?.payload.compression).toBe('zstd');
    expect(linux?.payload.length).toBeLessThan(linux?.image.length ?? 0);
    // Five bytes do not become fewer.
    expect(radio?.payload).toEqual({
      ...radio?.image,
      compression: 'none',
      etag: createHash('md5')
        .update(readFileSync(home.at('radio.bin')))
        .digest('hex'),
    });
    const bytes = readFileSync(home.at('out.ota'));
    expect(bytes.length).toBe(length);
    await signBundleFile(home.at('out.ota'), [signer(1)]);
    await verifyBytes(new Uint8Array(readFileSync(home.at('out.ota'))), keysOf(signer(1)));
  });

  test('compression: none is obeyed', async () => {
    writeProduct(home.path);
    const text = RELEASE_FILE.replace('linux.bin,', 'linux.bin, compression: none,');
    const { manifest } = await bundle(home.path, { text });
    expect(manifest.components[0]?.payload.compression).toBe('none');
  });

  test('made again it is left as it is, with the signatures that it has', async () => {
    writeProduct(home.path);
    await bundle(home.path);
    await signBundleFile(home.at('out.ota'), [signer(1)]);
    const signed = readFileSync(home.at('out.ota'));
    expect(await bundle(home.path)).toMatchObject({ unchanged: true, length: signed.length });
    expect(readFileSync(home.at('out.ota')).equals(signed)).toBe(true);
  });

  test.each<[string, () => void]>([
    ['a bundle with another image', () => appendFileSync(home.at('radio.bin'), 'er')],
    ['a bundle with another time', () => {}],
    ['something else', () => writeFileSync(home.at('out.ota'), 'a letter')],
    ['a damaged bundle', () => truncateSync(home.at('out.ota'), 20_000)],
  ])('does not replace %s unless it is told to', async (_, change) => {
    writeProduct(home.path);
    await bundle(home.path);
    change();
    const before = readFileSync(home.at('out.ota'));
    const error = await failure(bundle(home.path, { sourceDateEpoch: 1 }));
    expect(error.code).toBe('output-exists');
    expect(readFileSync(home.at('out.ota')).equals(before)).toBe(true);
    await bundle(home.path, { sourceDateEpoch: 1, force: true });
    expect(await withOpenBundle(home.at('out.ota'), async ({ mtime }) => mtime)).toBe(1);
    expect(leftovers()).toEqual(['out.ota']);
  });
});

describe('bad input leaves nothing behind', () => {
  test.each<[string, () => void, string, string]>([
    [
      'an empty image',
      () => truncateSync(home.at('linux.bin'), 0),
      'input-empty',
      'the image of linux, is empty',
    ],
    [
      'an image over its slot',
      () => writeFileSync(home.at('linux.bin'), noise(1, 2049)),
      'input-too-large',
      '2049 bytes, 1 more than the slot "a" of linux',
    ],
    [
      'an image of 8 GiB',
      () => truncateSync(home.at('radio.bin'), 2 ** 33),
      'input-too-large',
      'below 8 GiB',
    ],
  ])('%s', async (_, break_, code, message) => {
    writeProduct(home.path);
    break_();
    const error = await failure(bundle(home.path));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(leftovers()).toEqual([]);
  });

  test('a missing image, and a directory', async () => {
    writeProduct(home.path);
    const missing = RELEASE_FILE.replace('radio.bin', 'build/radio.bin');
    expect(await failure(bundle(home.path, { text: missing }))).toMatchObject({
      code: 'input-missing',
      where: home.at('build/radio.bin'),
    });
    mkdirSync(home.at('build/radio.bin'), { recursive: true });
    expect((await failure(bundle(home.path, { text: missing }))).code).toBe('input-directory');
    expect(leftovers()).toEqual([]);
  });

  test('several images at once are told at once', async () => {
    writeProduct(home.path);
    truncateSync(home.at('linux.bin'), 0);
    const text = RELEASE_FILE.replace('radio.bin', 'absent.bin');
    const error = await failure(bundle(home.path, { text }));
    expect(error.message).toBe('2 images cannot be bundled');
    expect(error.faults.map(({ where }) => where)).toEqual([home.at('absent.bin'), home.at('linux.bin')]);
  });

  test('an image that changes between its two readings', async () => {
    for (const compression of ['zstd', 'none']) {
      writeProduct(home.path);
      const text = RELEASE_FILE.replace('linux.bin,', `linux.bin, compression: ${compression},`);
      let changed = false;
      const error = await failure(
        bundle(home.path, {
          text,
          progress: ({ task }) => {
            // The second image being read, the first has been read once.
            if (changed || !task.endsWith('radio')) return;
            changed = true;
            writeFileSync(home.at('linux.bin'), 'A line that comes again and again\n'.repeat(40));
          },
        }),
      );
      expect(error).toMatchObject({ code: 'input-changed', where: home.at('linux.bin') });
      expect(leftovers()).toEqual([]);
    }
  });

  test('notes that change, grow or go between their two readings', async () => {
    const edits = [
      () => writeFileSync(home.at('NOTES.md'), '# 1.0.1\n'),
      () => appendFileSync(home.at('NOTES.md'), 'more'),
      () => truncateSync(home.at('NOTES.md'), 3),
    ];
    for (const edit of edits) {
      writeProduct(home.path);
      let packing = false;
      const error = await failure(
        bundle(home.path, {
          progress: ({ task }) => {
            if (packing || !task.startsWith('pack')) return;
            packing = true;
            edit();
          },
        }),
      );
      expect(error.code).toBe('input-changed');
      expect(leftovers()).toEqual([]);
    }
  });

  test('extras with names that a bundle cannot have, or has twice', async () => {
    writeProduct(home.path);
    mkdirSync(home.at('docs'));
    writeFileSync(home.at('docs/Notes.MD'), '');
    writeFileSync(home.at('docs/Makefile'), '');
    const twice = `${RELEASE_FILE}extras: [docs/Notes.MD]\n`;
    expect((await failure(bundle(home.path, { text: twice }))).message).toBe('two files are named notes.md');
    const dotless = `${RELEASE_FILE}extras: [docs/Makefile]\n`;
    expect((await failure(bundle(home.path, { text: dotless }))).code).toBe('name-invalid');
    expect(leftovers()).toEqual([]);
  });

  test('a folder for the result that is not there', async () => {
    writeProduct(home.path);
    const error = await failure(bundle(home.path, { output: home.at('absent/out.ota') }));
    expect(error.code).toBe('output-failed');
  });

  test.each([-1, 1.5, 2 ** 31, Number.NaN])('SOURCE_DATE_EPOCH of %s', async (sourceDateEpoch) => {
    writeProduct(home.path);
    expect((await failure(bundle(home.path, { sourceDateEpoch }))).code).toBe('date-invalid');
  });
});
