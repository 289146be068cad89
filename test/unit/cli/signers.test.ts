import { writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readPassphrase } from '../../../src/cli/passphrase.ts';
import { openSigners } from '../../../src/cli/signers.ts';
import { sealKey, writePublicKeyFile } from '../../../src/keys/key-file.ts';
import { freshFolder } from '../../support/folder.ts';
import { seeded } from '../../support/release.ts';
import { rejected } from '../keys/thrown.ts';

vi.mock('../../../src/cli/passphrase.ts', async (original) => ({
  ...(await original<typeof import('../../../src/cli/passphrase.ts')>()),
  readPassphrase: vi.fn(),
}));
const asked = vi.mocked(readPassphrase);
const folder = freshFolder();
const keyids = (...seeds: readonly number[]) => seeds.map((seed) => seeded(seed).publicKey.keyid);
const typed = (...passphrases: readonly string[]) => {
  for (const passphrase of passphrases) asked.mockResolvedValueOnce(passphrase);
};
const ids = async (...names: readonly string[]) =>
  (
    await openSigners(
      names.map((name) => folder.at(name)),
      { passphrase: {} },
    )
  ).map(({ publicKey }) => publicKey.keyid);

beforeEach(async () => {
  asked.mockReset();
  // The least cost that there is: how keys are sealed is not what is tested.
  for (const [name, seed, passphrase] of [
    ['a.key.age', 1, 'first'],
    ['b.key.age', 2, 'first'],
    ['c.key.age', 3, 'second'],
  ] as const) {
    writeFileSync(folder.at(name), await sealKey(new Uint8Array(32).fill(seed), passphrase, 1));
  }
});

describe('openSigners', () => {
  it('opens all with one passphrase where that is right', async () => {
    typed('first');
    expect(await ids('a.key.age', 'b.key.age')).toEqual(keyids(1, 2));
    expect(asked.mock.calls).toEqual([[{ label: 'a.key.age' }]]);
  });

  it('asks again for a key that the one before does not open, and goes on with that', async () => {
    typed('first', 'second');
    expect(await ids('a.key.age', 'c.key.age')).toEqual(keyids(1, 3));
    expect(asked.mock.calls.map(([{ label }]) => label)).toEqual(['a.key.age', 'c.key.age']);
    typed('second', 'first');
    expect(await ids('c.key.age', 'a.key.age', 'b.key.age')).toEqual(keyids(3, 1, 2));
    expect(asked).toHaveBeenCalledTimes(4);
  });

  it('asks three times for each key, and then no more', async () => {
    typed('wrong', 'wrong', 'first');
    expect(await ids('a.key.age')).toEqual(keyids(1));
    typed('wrong', 'wrong', 'wrong');
    expect((await rejected(ids('a.key.age'))).code).toBe('passphrase-wrong');
    expect(asked).toHaveBeenCalledTimes(6);
    typed('first', 'wrong', 'wrong', 'wrong');
    expect(await rejected(ids('a.key.age', 'c.key.age'))).toMatchObject({
      code: 'passphrase-wrong',
      where: folder.at('c.key.age'),
    });
    expect(asked).toHaveBeenCalledTimes(10);
  });

  it.each([{ file: 'passphrase.txt' }, { fd: 3 }])('asks nobody where it is given: %j', async (source) => {
    typed('first');
    const paths = [folder.at('a.key.age'), folder.at('c.key.age')];
    expect((await rejected(openSigners(paths, { passphrase: source }))).code).toBe('passphrase-wrong');
    expect(asked.mock.calls).toEqual([[{ ...source, label: 'a.key.age' }]]);
  });

  it('passes on a failure of another kind', async () => {
    typed('first', 'second');
    expect((await rejected(ids('a.key.age', 'none.key.age'))).code).toBe('input-missing');
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('says how to name a key where there is none', async () => {
    const error = await rejected(openSigners([], { passphrase: {} }));
    expect(error).toMatchObject({ code: 'key-missing', exitCode: 3 });
    expect(error.hint).toContain('--key');
    expect(asked).not.toHaveBeenCalled();
  });

  it('reads no passphrase for a key that needs none', async () => {
    writeFileSync(folder.at('a.pub'), writePublicKeyFile(seeded(1).publicKey));
    const signers = await openSigners([`exec:none?public=${folder.at('a.pub')}`], { passphrase: {} });
    expect(signers.map(({ publicKey }) => publicKey.keyid)).toEqual(keyids(1));
    expect(asked).not.toHaveBeenCalled();
  });

  it('refuses a key by the name of another kind', async () => {
    expect((await rejected(openSigners(['s3:key'], { passphrase: {} }))).code).toBe('key-uri-invalid');
  });
});

describe('a variable of the environment', () => {
  const open = (name: string, rootKeyids?: ReadonlySet<string>) =>
    openSigners([folder.at(name)], {
      passphrase: { env: 'SECRET' },
      ...(rootKeyids === undefined ? {} : { rootKeyids }),
    });

  it('opens a key that is not of the root role', async () => {
    typed('first');
    const [signer] = await open('a.key.age', new Set(keyids(2)));
    expect(signer?.publicKey.keyid).toBe(keyids(1)[0]);
    expect(asked.mock.calls).toEqual([[{ env: 'SECRET', label: 'a.key.age' }]]);
  });

  it('opens no root key, whether that is known before or only after', async () => {
    typed('first');
    const root = new Set(keyids(1));
    expect(await rejected(open('a.key.age', root))).toMatchObject({ code: 'usage-flag', exitCode: 2 });
    expect(asked).toHaveBeenCalledTimes(1);
    writeFileSync(folder.at('a.pub'), writePublicKeyFile(seeded(1).publicKey));
    expect((await rejected(open('a.key.age', root))).hint).toContain('--passphrase-file');
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('opens nothing where nobody knows which keys are of the root', async () => {
    expect((await rejected(open('a.key.age'))).code).toBe('usage-flag');
  });
});
