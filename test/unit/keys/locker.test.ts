import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signerFromSeed, verifySignature } from '../../../src/keys/ed25519.ts';
import { readPublicKeyFile, writePublicKeyFile } from '../../../src/keys/key-file.ts';
import { createKeyFiles, publicKeyPathOf, unlockKeyFile } from '../../../src/keys/locker.ts';
import { rejected } from './thrown.ts';

const SEED = new Uint8Array(32).fill(5);
const OTHER = signerFromSeed(new Uint8Array(32).fill(6)).publicKey;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ota-locker-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const create = (name = 'release') => createKeyFiles(folder, name, SEED, 'a passphrase', 'online');

describe('createKeyFiles', () => {
  it('writes a key that opens and a public key that belongs to it', async () => {
    const { publicKey, keyPath, publicKeyPath } = await create();
    expect(await readdir(folder)).toEqual(['release.key.age', 'release.pub']);
    expect(readPublicKeyFile(await readFile(publicKeyPath), publicKeyPath)).toEqual(publicKey);
    const signer = await unlockKeyFile(keyPath, 'a passphrase');
    const message = new Uint8Array([1, 2, 3]);
    expect(verifySignature(publicKey, message, await signer.sign(message))).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('lets nobody else read the key', async () => {
    const before = process.umask(0);
    try {
      const { keyPath, publicKeyPath } = await create();
      expect((await stat(keyPath)).mode & 0o777).toBe(0o600);
      expect((await stat(publicKeyPath)).mode & 0o777).toBe(0o644);
    } finally {
      process.umask(before);
    }
  });

  it.each(['release.key.age', 'release.pub'])('never overwrites %s', async (name) => {
    await writeFile(join(folder, name), 'precious');
    const error = await rejected(create());
    expect(error).toMatchObject({ code: 'key-exists', where: join(folder, name) });
    expect(await readdir(folder)).toEqual([name]);
    expect(await readFile(join(folder, name), 'utf8')).toBe('precious');
  });

  it('refuses a name that is a path', async () => {
    expect((await rejected(create('../release'))).code).toBe('name-invalid');
    expect(await readdir(folder)).toEqual([]);
  });

  it('says so when the folder is not there', async () => {
    const error = await rejected(createKeyFiles(join(folder, 'none'), 'a', SEED, 'a passphrase'));
    expect(error.code).toBe('output-failed');
  });
});

describe('unlockKeyFile', () => {
  it('needs no public key beside it', async () => {
    const { keyPath, publicKeyPath, publicKey } = await create();
    await rm(publicKeyPath);
    expect((await unlockKeyFile(keyPath, 'a passphrase')).publicKey).toEqual(publicKey);
  });

  it('refuses the public key of another', async () => {
    const { keyPath, publicKeyPath } = await create();
    await writeFile(publicKeyPath, writePublicKeyFile(OTHER));
    expect(await rejected(unlockKeyFile(keyPath, 'a passphrase'))).toMatchObject({
      code: 'key-invalid',
      where: publicKeyPath,
    });
  });

  it('tells a wrong passphrase, a missing file and a folder apart', async () => {
    const { keyPath } = await create();
    expect((await rejected(unlockKeyFile(keyPath, 'another one'))).code).toBe('passphrase-wrong');
    expect((await rejected(unlockKeyFile(join(folder, 'x.key.age'), 'x'))).code).toBe('input-missing');
    expect((await rejected(unlockKeyFile(folder, 'x'))).code).toBe('input-directory');
  });

  it('refuses a file far larger than a key', async () => {
    const path = join(folder, 'big.key.age');
    await writeFile(path, new Uint8Array(70_000));
    expect((await rejected(unlockKeyFile(path, 'x'))).code).toBe('input-too-large');
  });
});

it('publicKeyPathOf', () => {
  expect(publicKeyPathOf('keys/release.key.age')).toBe('keys/release.pub');
  expect(publicKeyPathOf('/media/officer')).toBe('/media/officer.pub');
});
