import { writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { checkLog } from '../../../src/cli/log/read.ts';
import { readPassphrase } from '../../../src/cli/passphrase.ts';
import { openSigners } from '../../../src/cli/signers.ts';
import { utf8 } from '../../../src/core/bytes.ts';
import { sha256 } from '../../../src/core/digest.ts';
import { sealKey, writePublicKeyFile } from '../../../src/keys/key-file.ts';
import type { LogEntry } from '../../../src/keys/log/entry.ts';
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
      { passphrase: {}, log: LOG },
    )
  ).map(({ publicKey }) => publicKey.keyid);

const STAMP = { by: 'ada@vault', tool: 'ota 1.2.3', at: '2026-01-02T03:04:05Z' };
const LOG = { stamp: () => STAMP };

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
    expect(asked.mock.calls.map(([options]) => options)).toEqual([
      { label: 'a.key.age' },
      { label: 'c.key.age', again: true },
    ]);
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
    expect((await rejected(openSigners(paths, { passphrase: source, log: LOG }))).code).toBe(
      'passphrase-wrong',
    );
    expect(asked.mock.calls).toEqual([[{ ...source, label: 'a.key.age' }]]);
  });

  it('passes on a failure of another kind', async () => {
    typed('first', 'second');
    expect((await rejected(ids('a.key.age', 'none.key.age'))).code).toBe('input-missing');
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('says how to name a key where there is none', async () => {
    const error = await rejected(openSigners([], { passphrase: {}, log: LOG }));
    expect(error).toMatchObject({ code: 'key-missing', exitCode: 3 });
    expect(error.hint).toContain('--key');
    expect(asked).not.toHaveBeenCalled();
  });

  it('reads no passphrase for a key that needs none', async () => {
    writeFileSync(folder.at('a.pub'), writePublicKeyFile(seeded(1).publicKey));
    const signers = await openSigners([`exec:none?public=${folder.at('a.pub')}`], {
      passphrase: {},
      log: LOG,
    });
    expect(signers.map(({ publicKey }) => publicKey.keyid)).toEqual(keyids(1));
    expect(asked).not.toHaveBeenCalled();
  });

  it('refuses a key by the name of another kind', async () => {
    expect((await rejected(openSigners(['s3:key'], { passphrase: {}, log: LOG }))).code).toBe(
      'key-uri-invalid',
    );
  });
});

describe('a variable of the environment', () => {
  const open = (name: string, rootKeyids?: ReadonlySet<string>) =>
    openSigners([folder.at(name)], {
      passphrase: { env: 'SECRET' },
      log: LOG,
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

describe('the log', () => {
  const MESSAGE = utf8('what is signed');

  it('has every signature, beside its key, before it is given out', async () => {
    typed('first');
    const [signer] = await openSigners([folder.at('a.key.age')], { passphrase: {}, log: LOG });
    const signature = await signer?.sign(MESSAGE, { what: 'root 3' });
    expect(signature).toEqual(await seeded(1).sign(MESSAGE));
    await signer?.sign(MESSAGE, { what: 'manifest of gateway 1.0.0', sha256: '0'.repeat(64) });
    const entries: LogEntry[] = [];
    const key = { key: folder.at('a.key.age'), keyid: seeded(1).publicKey.keyid };
    expect(await checkLog(folder.at('log.jsonl'), undefined, (entry) => entries.push(entry))).toMatchObject({
      entries: 2,
    });
    expect(entries).toMatchObject([
      { ...STAMP, ...key, step: 'sign', what: 'root 3', sha256: sha256(MESSAGE) },
      { ...STAMP, ...key, step: 'sign', what: 'manifest of gateway 1.0.0', sha256: '0'.repeat(64) },
    ]);
  });

  it('is where it is asked to be', async () => {
    typed('first');
    const path = folder.at('elsewhere', 'log.jsonl');
    const [signer] = await openSigners([folder.at('a.key.age')], { passphrase: {}, log: { ...LOG, path } });
    await signer?.sign(MESSAGE);
    expect((await checkLog(path)).entries).toBe(1);
  });

  it('that cannot be written gives no signature', async () => {
    typed('first');
    writeFileSync(folder.at('log.jsonl'), 'no log\n');
    const [signer] = await openSigners([folder.at('a.key.age')], { passphrase: {}, log: LOG });
    expect((await rejected(signer?.sign(MESSAGE) ?? Promise.resolve())).code).toBe('log-broken');
  });
});
