import { writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readPassphrase } from '../../../src/cli/passphrase.ts';
import { unlockKeys } from '../../../src/cli/unlock.ts';
import { sealKey } from '../../../src/keys/key-file.ts';
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
    await unlockKeys(
      names.map((name) => folder.at(name)),
      {},
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

describe('unlockKeys', () => {
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
    expect((await rejected(unlockKeys(paths, source))).code).toBe('passphrase-wrong');
    expect(asked.mock.calls).toEqual([[{ ...source, label: 'a.key.age' }]]);
  });

  it('passes on a failure of another kind', async () => {
    typed('first', 'second');
    expect((await rejected(ids('a.key.age', 'none.key.age'))).code).toBe('input-missing');
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('says how to name a key where there is none', async () => {
    const error = await rejected(unlockKeys([], {}));
    expect(error).toMatchObject({ code: 'key-missing', exitCode: 3 });
    expect(error.hint).toContain('--key');
    expect(asked).not.toHaveBeenCalled();
  });
});
