import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { withOpenBundle } from '../../../src/bundle/files.ts';
import { recoverSignatures, signBundleFile } from '../../../src/bundle/sign.ts';
import { parseSignatures, SIGNATURES_BYTES } from '../../../src/bundle/signatures-region.ts';
import { utf8 } from '../../../src/core/bytes.ts';
import { OtaError } from '../../../src/core/errors.ts';
import { freshFolder } from '../../support/folder.ts';
import { bundle, signer, writeProduct } from './fixture.ts';

const home = freshFolder();
const [alice, bob] = [signer(1), signer(2)] as const;
const path = () => home.at('out.ota');
const copy = () => home.at('.out.ota.signatures');
const signersOf = () =>
  withOpenBundle(path(), async ({ signatures }) =>
    parseSignatures(signatures.bytes).map(({ keyid }) => keyid),
  );

let offset: number;
let release: string;
beforeEach(async () => {
  writeProduct(home.path);
  await bundle(home.path);
  [offset, release] = await withOpenBundle(path(), async ({ signaturesOffset, sealed }) => [
    signaturesOffset,
    sealed.sha256,
  ]);
});

describe('signing a file', () => {
  test('changes the region in place and nothing else', async () => {
    const [before, { ino }] = [readFileSync(path()), statSync(path())];
    expect(await signBundleFile(path(), [alice])).toEqual({ path: path(), added: [alice.publicKey.keyid] });
    const after = readFileSync(path());
    expect(statSync(path()).ino).toBe(ino);
    expect(after.length).toBe(before.length);
    expect(after.subarray(0, offset).equals(before.subarray(0, offset))).toBe(true);
    const end = offset + SIGNATURES_BYTES;
    expect(after.subarray(end).equals(before.subarray(end))).toBe(true);
    expect(existsSync(copy())).toBe(false);
  });

  test('adds to the signatures of others, and does nothing the second time', async () => {
    await signBundleFile(path(), [alice]);
    await signBundleFile(path(), [bob]);
    expect(await signersOf()).toEqual([alice.publicKey.keyid, bob.publicKey.keyid]);
    const before = readFileSync(path());
    expect((await signBundleFile(path(), [alice, bob])).added).toEqual([]);
    expect(readFileSync(path()).equals(before)).toBe(true);
  });

  test('a review that refuses leaves the bundle as it is', async () => {
    const before = readFileSync(path());
    const review = async () => {
      throw new OtaError('cancelled', 'no');
    };
    await expect(signBundleFile(path(), [alice], review)).rejects.toMatchObject({ code: 'cancelled' });
    expect(readFileSync(path()).equals(before)).toBe(true);
  });

  test('what is no bundle, or not there, is refused', async () => {
    await expect(signBundleFile(home.at('radio.bin'), [alice])).rejects.toMatchObject({
      code: 'bundle-invalid',
    });
    await expect(signBundleFile(home.at('absent'), [alice])).rejects.toMatchObject({ code: 'input-missing' });
    await expect(signBundleFile(home.path, [alice])).rejects.toMatchObject({ code: 'input-directory' });
  });
});

describe('a power cut while signing', () => {
  /** What a cut leaves: the copy beside the bundle, and some sectors of the new region in place. */
  const cut = async (sectors: (index: number) => boolean): Promise<Buffer> => {
    await signBundleFile(path(), [alice]);
    const old = readFileSync(path());
    await signBundleFile(path(), [bob]);
    const torn = readFileSync(path());
    for (let index = 0; index < SIGNATURES_BYTES / 512; index += 1) {
      const at = offset + index * 512;
      if (!sectors(index)) old.copy(torn, at, at, at + 512);
    }
    writeFileSync(path(), torn);
    writeFileSync(copy(), Buffer.concat([utf8(release), old.subarray(offset, offset + SIGNATURES_BYTES)]));
    return old;
  };

  test('before any sector: the old signatures', async () => {
    await cut(() => false);
    expect(await signersOf()).toEqual([alice.publicKey.keyid]);
    expect(existsSync(copy())).toBe(false);
  });

  test('after all sectors: the new signatures', async () => {
    await cut(() => true);
    expect(await signersOf()).toEqual([alice.publicKey.keyid, bob.publicKey.keyid]);
    expect(existsSync(copy())).toBe(false);
  });

  test.each([
    ['the first sector only', (index: number) => index === 0],
    ['all but the first', (index: number) => index !== 0],
  ])('%s: old or new, and the next signing completes it', async (_, sectors) => {
    const old = await cut(sectors);
    const now = await signersOf();
    expect([[alice.publicKey.keyid], [alice.publicKey.keyid, bob.publicKey.keyid]]).toContainEqual(now);
    if (now.length === 1) expect(readFileSync(path()).equals(old)).toBe(true);
    expect((await signBundleFile(path(), [bob])).added).toEqual(
      now.length === 1 ? [bob.publicKey.keyid] : [],
    );
    expect(await signersOf()).toHaveLength(2);
  });

  test('a copy of another bundle, or one cut short itself, is never put back', async () => {
    await signBundleFile(path(), [alice]);
    const region = readFileSync(path()).subarray(offset, offset + SIGNATURES_BYTES);
    const bytes = readFileSync(path());
    bytes.fill('x', offset, offset + 100);
    for (const content of [Buffer.concat([utf8('0'.repeat(64)), region]), Buffer.from(`${release}{`)]) {
      writeFileSync(path(), bytes);
      writeFileSync(copy(), content);
      await recoverSignatures(path());
      expect(readFileSync(path()).equals(bytes)).toBe(true);
      expect(existsSync(copy())).toBe(false);
    }
  });
});
