import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { beforeAll, describe, expect, it } from 'vitest';
import { concatBytes, fromUtf8, utf8 } from '../../../src/core/bytes.ts';
import { signerFromSeed } from '../../../src/keys/ed25519.ts';
import {
  openKey,
  readPublicKeyFile,
  sealKey,
  WORK_FACTOR,
  writePublicKeyFile,
} from '../../../src/keys/key-file.ts';
import { encodePkcs8 } from '../../../src/keys/pkcs8.ts';
import { rejected, thrown } from './thrown.ts';

const SEED = new Uint8Array(32).fill(9);
const PASSPHRASE = 'correct horse bättery';
const { publicKey } = signerFromSeed(SEED);
/** Cheap to open, so that many ways of damage can be tried. */
const FAST = 4;

let sealed: Uint8Array;
beforeAll(async () => {
  sealed = await sealKey(SEED, PASSPHRASE, FAST);
});

const headerOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1').split('\n---')[0] ?? '';

async function encrypt(plain: Uint8Array, workFactor: number): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(PASSPHRASE);
  encrypter.setScryptWorkFactor(workFactor);
  return encrypter.encrypt(plain);
}

describe('sealKey and openKey', () => {
  it('round-trip at the work factor of real keys', async () => {
    const bytes = await sealKey(SEED, PASSPHRASE);
    expect(headerOf(bytes)).toMatch(
      new RegExp(`^age-encryption.org/v1\n-> scrypt [A-Za-z0-9+/]{22} ${WORK_FACTOR.offline}\n`),
    );
    expect((await openKey(bytes, PASSPHRASE, 'k')).publicKey).toEqual(publicKey);
  });

  it('never give the same file twice', async () => {
    expect(await sealKey(SEED, PASSPHRASE, FAST)).not.toEqual(sealed);
  });

  it('agree with the age package in both directions', async () => {
    const decrypter = new Decrypter();
    decrypter.addPassphrase(PASSPHRASE);
    expect(await decrypter.decrypt(sealed)).toEqual(encodePkcs8(SEED));
    const theirs = await encrypt(encodePkcs8(SEED), FAST);
    expect((await openKey(theirs, PASSPHRASE, 'k')).publicKey).toEqual(publicKey);
  });

  it('tell a wrong passphrase from a damaged file', async () => {
    const error = await rejected(openKey(sealed, `${PASSPHRASE} `, 'keys/a.key.age'));
    expect(error).toMatchObject({ code: 'passphrase-wrong', where: 'keys/a.key.age' });
    expect(error.hint).toContain('try again');
    expect(error.message).not.toContain('horse');
  });

  it('refuse a file with any byte changed, cut anywhere, or longer', async () => {
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Uint8Array.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const { code } = await rejected(openKey(changed, PASSPHRASE, 'k'));
      // A changed salt or a changed wrapped key cannot be told from a wrong passphrase.
      expect(['key-invalid', 'passphrase-wrong']).toContain(code);
      expect((await rejected(openKey(sealed.subarray(0, at), PASSPHRASE, 'k'))).code).toBe('key-invalid');
    }
    const longer = concatBytes(sealed, new Uint8Array(1));
    expect((await rejected(openKey(longer, PASSPHRASE, 'k'))).code).toBe('key-invalid');
  });

  it('refuse a work factor that would take more than 256 MiB, before taking any', async () => {
    for (const factor of ['19', '30', '63']) {
      const header = fromUtf8(sealed.subarray(0, 60)).replace(/ 4\n/, ` ${factor}\n`);
      const bytes = concatBytes(utf8(header), sealed.subarray(60));
      const error = await rejected(openKey(bytes, PASSPHRASE, 'k'));
      expect(error).toMatchObject({ code: 'key-invalid' });
      expect(error.message).toContain('memory');
    }
  });

  it('refuse a file for a recipient', async () => {
    const encrypter = new Encrypter();
    encrypter.addRecipient(await identityToRecipient(await generateX25519Identity()));
    const error = await rejected(openKey(await encrypter.encrypt(encodePkcs8(SEED)), PASSPHRASE, 'k'));
    expect(error.code).toBe('key-invalid');
    expect(error.message).toContain('passphrase');
  });

  it('refuse an age file that holds something else', async () => {
    const error = await rejected(openKey(await encrypt(utf8('hello'), FAST), PASSPHRASE, 'k'));
    expect(error.code).toBe('key-invalid');
    expect(error.message).not.toContain('hello');
  });
});

describe('the public key file', () => {
  it('is the TUF key object, and reads back', () => {
    const bytes = writePublicKeyFile(publicKey);
    expect(JSON.parse(fromUtf8(bytes))).toEqual({
      keytype: 'ed25519',
      scheme: 'ed25519',
      keyval: { public: Buffer.from(publicKey.raw).toString('hex') },
    });
    expect(readPublicKeyFile(bytes, 'a.pub')).toEqual(publicKey);
  });

  it.each([
    ['keys/release.key.age', 'Name its public key: keys/release.pub.'],
    ['copy', 'Name its public key, the .pub file beside it.'],
  ])('is asked for where %s is a private key', (where, hint) => {
    for (const bytes of [sealed, encodePkcs8(SEED)]) {
      const error = thrown(() => readPublicKeyFile(bytes, where));
      expect(error).toMatchObject({ code: 'key-invalid', where, hint });
      expect(error.message).toContain('private key');
    }
  });

  it.each([
    ['{', 'json-invalid'],
    ['[]', 'shape-invalid'],
    [`{"keytype":"ed25519","scheme":"ed25519","keyval":{"public":"${'00'.repeat(32)}"}}`, 'key-invalid'],
  ])('is refused as %s', (text, code) => {
    const error = thrown(() => readPublicKeyFile(utf8(text), 'a.pub'));
    expect(error.code).toBe(code);
    expect(error.where).toContain('a.pub');
  });
});
