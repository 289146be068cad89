import { chmodSync, mkdirSync, readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createKeyFiles, unlockKeyFile } from '../../src/keys/locker.ts';
import { refusal } from '../support/client.ts';
import { freshFolder, modeOf } from '../support/folder.ts';

const folder = freshFolder();
const SEED = new Uint8Array(32).fill(5);
const create = () => createKeyFiles(folder.at('keys'), 'release', SEED, 'a passphrase', 'online');
const onPosix = it.skipIf(process.platform === 'win32');

onPosix(
  'nobody else can read a private key at any moment, whatever the umask and the folder allow',
  async () => {
    mkdirSync(folder.at('keys'));
    chmodSync(folder.at('keys'), 0o777);
    const before = process.umask(0);
    const seen = new Map<string, number>();
    // The name that it is written under first is a file too.
    const watcher = watch(folder.at('keys'), () => {
      for (const name of readdirSync(folder.at('keys'))) {
        try {
          seen.set(name, (seen.get(name) ?? 0) | modeOf(folder.at('keys', name)));
        } catch {
          // Renamed between the two calls.
        }
      }
    });
    try {
      const { keyPath, publicKeyPath } = await create();
      expect(modeOf(keyPath)).toBe(0o600);
      expect(modeOf(publicKeyPath)).toBe(0o644);
      for (const [name, mode] of seen)
        if (name.includes('.key.age')) expect({ name, mode }).toEqual({ name, mode: 0o600 });
    } finally {
      watcher.close();
      process.umask(before);
    }
  },
);

it('a private key is never written over, nor through a file that somebody put there first', async () => {
  mkdirSync(folder.at('keys'));
  writeFileSync(folder.at('keys', 'release.key.age'), 'planted', { mode: 0o666 });
  expect(await refusal(create)).toMatchObject({ code: 'key-exists' });
  expect(readFileSync(folder.at('keys', 'release.key.age'), 'utf8')).toBe('planted');
});

it('the file holds nothing of the key without the passphrase', async () => {
  mkdirSync(folder.at('keys'));
  const { keyPath, publicKey } = await create();
  const bytes = readFileSync(keyPath);
  expect(bytes.includes(Buffer.from(SEED))).toBe(false);
  expect(bytes.toString('latin1')).not.toContain('PRIVATE KEY');
  expect((await refusal(() => unlockKeyFile(keyPath, 'another'))).code).toBe('passphrase-wrong');
  expect((await unlockKeyFile(keyPath, 'a passphrase')).publicKey.keyid).toBe(publicKey.keyid);
});
