import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/bytes.ts';
import { signerFromSeed, verifySignature } from '../../../../src/keys/ed25519.ts';
import { encodePkcs8 } from '../../../../src/keys/pkcs8.ts';
import { keySource } from '../../../../src/keys/signers/open.ts';
import type { Secrets } from '../../../../src/keys/signers/source.ts';
import { parseSignerUri } from '../../../../src/keys/signers/uri.ts';
import {
  generateKey,
  hasSoftHsm,
  initToken,
  PIN,
  pkcs11Tool,
  SOFTHSM_MODULE,
  softHsm,
} from '../../../support/softhsm.ts';
import { run } from '../../../support/tools.ts';
import { rejected } from '../thrown.ts';

const MESSAGE = utf8('what is signed');
const SEED = new Uint8Array(32).fill(9);

describe.skipIf(!hasSoftHsm())('a token of SoftHSM', () => {
  let folder: string;
  let env: { readonly SOFTHSM2_CONF: string };
  const before = process.env.SOFTHSM2_CONF;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ota-hsm-'));
    env = softHsm(folder);
    // The module reads it when it is loaded, from this process.
    process.env.SOFTHSM2_CONF = env.SOFTHSM2_CONF;
    const pem = join(folder, 'key.pem');
    writeFileSync(pem, encodePkcs8(SEED));
    run(
      'softhsm2-util',
      ['--import', pem, '--token', 'ota', '--label', 'imported', '--id', '02', '--pin', PIN],
      {
        env,
      },
    );
    generateKey(env, 'ota', 'twice', '03');
    generateKey(env, 'ota', 'twice', '04');
    generateKey(env, 'ota', 'private', '05');
    pkcs11Tool(env, 'ota', ['--login', '--pin', PIN, '--delete-object', '--type', 'pubkey', '--id', '05']);
    initToken(env, 'other');
  });
  afterAll(() => {
    if (before === undefined) delete process.env.SOFTHSM2_CONF;
    else process.env.SOFTHSM2_CONF = before;
    rmSync(folder, { recursive: true, force: true });
  });

  const source = (attributes: string, query = `?module-path=${SOFTHSM_MODULE}`) =>
    keySource(parseSignerUri(`pkcs11:${attributes}${query}`), {});
  /** Secrets that count how often the PIN was asked for. */
  function typing(pin: string) {
    const asked: string[] = [];
    const secrets: Secrets = {
      passphrase: () => expect.fail('no passphrase is needed'),
      pin: async (label) => {
        asked.push(label);
        return pin;
      },
    };
    return { secrets, asked };
  }

  // First: a login counts for the whole process, so only here is the PIN compared.
  it('tells a wrong PIN, and asks once only', async () => {
    const { secrets, asked } = typing('0000');
    expect(await rejected(source('token=ota;object=release').open(secrets))).toMatchObject({
      code: 'pin-wrong',
      exitCode: 3,
    });
    expect(asked).toEqual(['the token ota']);
  });

  it('gives the public key without a PIN, and signs with one', async () => {
    const { secrets, asked } = typing(PIN);
    const publicKey = await source('token=ota;object=release').peek();
    const signer = await source('token=ota;object=release').open(secrets);
    expect(signer.publicKey).toEqual(publicKey);
    expect(verifySignature(signer.publicKey, MESSAGE, await signer.sign(MESSAGE))).toBe(true);
    expect(await signer.sign(new Uint8Array(300_000))).toHaveLength(64);
    const again = await source('token=ota;id=%01').open(secrets);
    expect(again.publicKey).toEqual(publicKey);
    expect(asked).toEqual(['the token ota']);
  });

  it('has the key that was imported', async () => {
    const signer = await source('token=ota;object=imported;type=private').open(typing(PIN).secrets);
    expect(signer.publicKey).toEqual(signerFromSeed(SEED).publicKey);
    expect(await signer.sign(MESSAGE)).toEqual(await signerFromSeed(SEED).sign(MESSAGE));
  });

  it('finds the module by PKCS11_MODULE_PATH, and the token by anything that p11tool shows', async () => {
    const uri = 'pkcs11:model=SoftHSM%20v2;manufacturer=SoftHSM%20project;token=ota;object=release';
    const found = keySource(parseSignerUri(uri), { PKCS11_MODULE_PATH: SOFTHSM_MODULE });
    expect(await found.peek()).toBeDefined();
    expect(await rejected(keySource(parseSignerUri(uri), {}).peek())).toMatchObject({
      code: 'module-missing',
    });
    expect((await rejected(source('library-version=1.0;object=release').peek())).code).toBe('token-missing');
  });

  it.each([
    ['token=none;object=release', 'token-missing'],
    ['object=release', 'token-missing'],
    ['slot-id=99;object=release', 'token-missing'],
    ['token=ota;object=none', 'key-missing'],
    ['token=ota;object=twice', 'key-missing'],
    ['token=ota;object=release;id=%02', 'key-missing'],
    ['token=ota;object=private', 'key-invalid'],
  ])('%s is %s', async (attributes, code) => {
    const error = await rejected(source(attributes).open(typing(PIN).secrets));
    expect(error).toMatchObject({ code, exitCode: 3 });
    expect(error.hint).toBeTruthy();
  });

  it('names the tokens that are there, and no slot that is still empty', async () => {
    const { hint } = await rejected(source('token=none;object=a').peek());
    expect(hint).toContain('ota (serial ');
    expect(hint).toContain('other (serial ');
    expect(hint?.match(/serial /g)).toHaveLength(2);
  });

  it.each(['/none.so', '/etc/hostname'])('the module %s cannot be loaded', async (path) => {
    expect(await rejected(source('object=a', `?module-path=${path}`).peek())).toMatchObject({
      code: 'module-missing',
      where: path,
    });
  });
});
