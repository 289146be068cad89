import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { exportPrivateKey, exportPublicKey } from '../../../../src/cli/keys/export.ts';
import { keyFileOf } from '../../../../src/cli/keys/key-file.ts';
import { listKeys } from '../../../../src/cli/keys/list.ts';
import { makeKey } from '../../../../src/cli/keys/made.ts';
import { readPem } from '../../../../src/cli/keys/pem.ts';
import { proveKey } from '../../../../src/cli/keys/prove.ts';
import { publicKeyOf } from '../../../../src/cli/keys/public-key.ts';
import { checkLog } from '../../../../src/cli/log/read.ts';
import { listLines } from '../../../../src/cli/views/keys.ts';
import { demoSeed } from '../../../../src/keys/demo.ts';
import { describeKey } from '../../../../src/keys/fingerprint.ts';
import { writePublicKeyFile } from '../../../../src/keys/key-file.ts';
import { resealKeyFile, unlockKeyFile, unlockSeed } from '../../../../src/keys/locker.ts';
import { decodePkcs8, encodePkcs8 } from '../../../../src/keys/pkcs8.ts';
import { parseSignerUri } from '../../../../src/keys/signers/uri.ts';
import { freshFolder, modeOf } from '../../../support/folder.ts';
import { seeded } from '../../../support/release.ts';
import { rejected, thrown } from '../../keys/thrown.ts';

const folder = freshFolder();
const SEED = new Uint8Array(32).fill(5);
const KEY = seeded(5).publicKey;
const stamp = { by: 'ada@vault', tool: 'ota 1.2.3', at: '2026-01-02T03:04:05Z' };
const log = { stamp: () => stamp };
const make = (changes: Partial<Parameters<typeof makeKey>[0]> = {}) =>
  makeKey({
    step: 'key-generate',
    folder: folder.at('keys'),
    name: 'ada',
    seed: SEED,
    passphrase: 'a passphrase',
    use: 'online',
    stamp,
    ...changes,
  });
async function steps(): Promise<readonly string[]> {
  const all: string[] = [];
  await checkLog(folder.at('keys', 'log.jsonl'), undefined, ({ step, what }) => all.push(`${step} ${what}`));
  return all;
}
const workFactor = () =>
  /scrypt \S+ (\d+)/.exec(readFileSync(folder.at('keys', 'ada.key.age'), 'latin1'))?.[1];

describe('makeKey', () => {
  it('seals a key, says how it is compared, and logs it', async () => {
    const made = await make();
    expect(made).toEqual({
      key: folder.at('keys', 'ada.key.age'),
      publicKey: folder.at('keys', 'ada.pub'),
      ...(await describeKey(KEY)),
    });
    expect(modeOf(folder.at('keys'))).toBe(0o700);
    expect(modeOf(made.key)).toBe(0o600);
    expect((await unlockKeyFile(made.key, 'a passphrase')).publicKey).toEqual(KEY);
    expect(await steps()).toEqual(['key-generate ada']);
  });

  it('makes guessing dearer for a key that is kept offline', async () => {
    await make();
    expect(workFactor()).toBe('17');
    await resealKeyFile(
      folder.at('keys', 'ada.key.age'),
      { old: 'a passphrase', next: 'another one' },
      'offline',
    );
    expect(workFactor()).toBe('18');
  });

  it('overwrites nothing, and takes no key of the demo', async () => {
    await make();
    const before = readFileSync(folder.at('keys', 'ada.key.age'));
    expect((await rejected(make({ seed: new Uint8Array(32).fill(6) }))).code).toBe('key-exists');
    expect(readFileSync(folder.at('keys', 'ada.key.age'))).toEqual(before);
    expect((await rejected(make({ name: 'mal', seed: demoSeed('release') }))).code).toBe('key-demo');
    expect((await rejected(make({ name: '../mal' }))).code).toBe('name-invalid');
    expect(await steps()).toEqual(['key-generate ada']);
  });
});

describe('resealKeyFile', () => {
  it('changes the passphrase and not the key', async () => {
    const { key } = await make();
    const change = { old: 'a passphrase', next: 'another one' };
    expect(await resealKeyFile(key, change, 'online')).toEqual(KEY);
    expect(modeOf(key)).toBe(0o600);
    expect(await unlockSeed(key, 'another one')).toEqual(SEED);
    expect((await rejected(unlockKeyFile(key, 'a passphrase'))).code).toBe('passphrase-wrong');
  });

  it('leaves the file as it was when the passphrase is wrong, or the public key is another', async () => {
    const { key } = await make();
    const before = readFileSync(key);
    const wrong = { old: 'not it', next: 'another one' };
    expect((await rejected(resealKeyFile(key, wrong, 'online'))).code).toBe('passphrase-wrong');
    writeFileSync(folder.at('keys', 'ada.pub'), writePublicKeyFile(seeded(6).publicKey));
    const right = { old: 'a passphrase', next: 'another one' };
    expect((await rejected(resealKeyFile(key, right, 'online'))).code).toBe('key-invalid');
    expect(readFileSync(key)).toEqual(before);
  });
});

describe('export', () => {
  it('writes a private key once, for its owner alone, and logs it first', async () => {
    const { key: path } = await make();
    const output = folder.at('key.pem');
    const options = { path, passphrase: 'a passphrase', output, log };
    expect(await exportPrivateKey(options)).toEqual({ output, private: true, ...(await describeKey(KEY)) });
    expect(decodePkcs8(readFileSync(output), output)).toEqual(SEED);
    expect(modeOf(output)).toBe(0o600);
    expect((await rejected(exportPrivateKey(options))).code).toBe('output-exists');
    expect((await rejected(exportPrivateKey({ ...options, passphrase: 'x' }))).code).toBe('passphrase-wrong');
    writeFileSync(folder.at('keys', 'log.jsonl'), 'no log\n');
    const other = folder.at('other.pem');
    expect((await rejected(exportPrivateKey({ ...options, output: other }))).code).toBe('log-broken');
    expect(existsSync(other)).toBe(false);
  });

  it('writes a public key of any kind of key, and over nothing', async () => {
    const output = folder.at('ada.pub');
    await exportPublicKey(KEY, output, false);
    expect(await publicKeyOf(output, { passphrase: {}, log })).toEqual(KEY);
    expect(await publicKeyOf(`exec:none?public=${output}`, { passphrase: {}, log })).toEqual(KEY);
    expect((await rejected(exportPublicKey(KEY, output, true))).code).toBe('output-exists');
  });
});

describe('import', () => {
  const pem = encodePkcs8(SEED);

  it('reads a file, or stdin', async () => {
    writeFileSync(folder.at('key.pem'), pem);
    expect(await readPem(folder.at('key.pem'))).toMatchObject({ where: folder.at('key.pem') });
    const pieces = [Buffer.from(pem.subarray(0, 50)), Buffer.from(pem.subarray(50))];
    const { bytes, where } = await readPem('-', Readable.from(pieces));
    expect(decodePkcs8(bytes, where)).toEqual(SEED);
    expect((await rejected(readPem('-', Readable.from([Buffer.alloc(70_000)])))).code).toBe(
      'input-too-large',
    );
  });

  it.each([
    ['ENCRYPTED PRIVATE KEY', 'openssl pkey -in FILE | ota keys import'],
    ['OPENSSH PRIVATE KEY', 'ssh-add'],
    ['EC PRIVATE KEY', 'genpkey -algorithm ed25519'],
  ])('says what to do with %s', (label, hint) => {
    const other = Buffer.from(pem).toString().replaceAll('PRIVATE KEY', label);
    const error = thrown(() => decodePkcs8(Buffer.from(other), 'key.pem'));
    expect(error).toMatchObject({ code: 'key-invalid', where: 'key.pem' });
    expect(error.hint).toContain(hint);
    expect(`${error.message} ${error.hint}`).not.toContain(Buffer.from(SEED).toString('base64').slice(4, 20));
  });
});

describe('list', () => {
  it('has the keys of ota.yaml and of the folder, each once, and says what is not known', async () => {
    await make();
    await make({ name: 'bob', seed: new Uint8Array(32).fill(6) });
    writeFileSync(folder.at('keys', 'eve.pub'), writePublicKeyFile(seeded(7).publicKey));
    writeFileSync(folder.at('keys', 'mal.pub'), '{}');
    writeFileSync(folder.at('keys', 'sealed.key.age'), 'age');
    const named = [folder.at('keys', 'ada.key.age'), 'exec:none?public=/none.pub'].map((uri) =>
      parseSignerUri(uri),
    );
    const keys = await listKeys(named, folder.at('keys'));
    expect(keys.map(({ key, signs, keyid }) => [key, signs, keyid])).toEqual([
      [folder.at('keys', 'ada.key.age'), true, KEY.keyid],
      ['exec:none?public=/none.pub', true, undefined],
      [folder.at('keys', 'bob.key.age'), true, seeded(6).publicKey.keyid],
      [folder.at('keys', 'sealed.key.age'), true, undefined],
      [folder.at('keys', 'eve.pub'), false, seeded(7).publicKey.keyid],
      [folder.at('keys', 'mal.pub'), false, undefined],
    ]);
    const text = listLines(keys).join('\n');
    expect(text).toContain('without opening it');
    expect(text).toContain('there is no file /none.pub');
    expect(listLines(await listKeys([], folder.at('none')))).toEqual([
      expect.stringContaining('ota keys generate'),
    ]);
  });
});

it('what a key signs to prove itself is neither a role nor a manifest', async () => {
  const signed: Uint8Array[] = [];
  const signer = {
    publicKey: KEY,
    sign: async (message: Uint8Array) => {
      signed.push(message);
      return seeded(5).sign(message);
    },
  };
  await proveKey(signer);
  await proveKey(signer);
  const [first, second] = signed.map((message) => Buffer.from(message).toString('latin1'));
  expect(first).toMatch(/^ota keys show --prove\n/);
  expect(first).not.toBe(second);
});

it('only a key file has its private key at hand', () => {
  expect(keyFileOf('file:keys/a')).toBe('keys/a');
  expect(thrown(() => keyFileOf('ssh-agent:')).code).toBe('key-uri-invalid');
});
