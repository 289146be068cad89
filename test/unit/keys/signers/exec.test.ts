import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/bytes.ts';
import { verifySignature } from '../../../../src/keys/ed25519.ts';
import { writePublicKeyFile } from '../../../../src/keys/key-file.ts';
import { encodePkcs8 } from '../../../../src/keys/pkcs8.ts';
import { keySource } from '../../../../src/keys/signers/open.ts';
import type { Secrets } from '../../../../src/keys/signers/source.ts';
import { parseSignerUri } from '../../../../src/keys/signers/uri.ts';
import { freshFolder } from '../../../support/folder.ts';
import { seeded } from '../../../support/release.ts';
import { installed } from '../../../support/tools.ts';
import { rejected } from '../thrown.ts';

const folder = freshFolder();
const MESSAGE = utf8('what is signed; $(touch injected) `touch injected`');
const KEY = seeded(7).publicKey;

const noSecrets: Secrets = {
  passphrase: () => expect.fail('no passphrase is needed'),
  pin: () => expect.fail('no PIN is needed'),
};

/** A script in the folder; `key.pem` is the private key. */
function script(body: string): string {
  writeFileSync(folder.at('sign'), `#!/bin/sh\n${body}\n`);
  chmodSync(folder.at('sign'), 0o755);
  return folder.at('sign');
}
const source = (rest = '', program = folder.at('sign')) =>
  keySource(parseSignerUri(`exec:${program}?public=${folder.at('key.pub')}${rest}`), {});
const sign = async (rest?: string) => (await source(rest).open(noSecrets)).sign(MESSAGE);

beforeEach(() => {
  writeFileSync(folder.at('key.pub'), writePublicKeyFile(KEY));
  writeFileSync(folder.at('key.pem'), encodePkcs8(new Uint8Array(32).fill(7)));
});

describe.skipIf(!installed('sh', 'openssl'))('exec:', () => {
  // OpenSSL signs with Ed25519 what is in a file only.
  const OPENSSL = `cat >"$1/message" && openssl pkeyutl -sign -rawin -inkey "$1/key.pem" -in "$1/message"`;
  const arg = () => `&arg=${encodeURIComponent(folder.path)}`;

  it('knows its public key without running anything', async () => {
    script('touch "$0.ran"');
    expect(await source().peek()).toEqual(KEY);
    expect(source()).toMatchObject({ folder: folder.path });
    expect(existsSync(folder.at('sign.ran'))).toBe(false);
  });

  it.each([
    ['raw', OPENSSL],
    ['as base64', `(${OPENSSL}) | base64 -w 0; echo`],
    ['as hex', `(${OPENSSL}) | od -An -v -tx1 | tr -d ' \\n'`],
    ['as upper-case hex', `(${OPENSSL}) | od -An -v -tx1 | tr -d ' \\n' | tr a-f A-F; echo`],
  ])('takes a signature %s', async (_, body) => {
    script(body);
    const signature = await sign(arg());
    expect(signature).toHaveLength(64);
    expect(verifySignature(KEY, MESSAGE, signature)).toBe(true);
    expect(new Uint8Array(readFileSync(folder.at('message')))).toEqual(MESSAGE);
  });

  it('gives arguments as they are, to no shell', async () => {
    script(`printf '%s\\n' "$2" "$3" >"$1/args"; ${OPENSSL}`);
    await sign(`${arg()}&arg=${encodeURIComponent('$(touch injected); *')}&arg=`);
    expect(readFileSync(folder.at('args'), 'utf8')).toBe('$(touch injected); *\n\n');
    expect(existsSync(folder.at('injected'))).toBe(false);
    expect(existsSync('injected')).toBe(false);
  });

  it('refuses a signature of another key, of other bytes, or by another form of Ed25519', async () => {
    script(OPENSSL);
    expect(await sign(arg())).toHaveLength(64);
    writeFileSync(folder.at('key.pem'), encodePkcs8(new Uint8Array(32).fill(8)));
    expect(await rejected(sign(arg()))).toMatchObject({ code: 'signature-invalid', exitCode: 4 });
    writeFileSync(folder.at('key.pem'), encodePkcs8(new Uint8Array(32).fill(7)));
    script(OPENSSL.replace('cat ', 'head -c 10 '));
    expect((await rejected(sign(arg()))).code).toBe('signature-invalid');
    script('head -c 64 /dev/zero');
    expect((await rejected(sign(arg()))).code).toBe('signature-invalid');
  });

  it.each([
    ['nothing', 'cat >/dev/null', 'gave 0 bytes'],
    ['a line end after raw bytes', `(${OPENSSL}); echo`, 'gave 65 bytes'],
    ['text', 'echo signed', 'gave 7 bytes'],
    ['a failure', 'echo why >&2; exit 3', 'exit code 3'],
    ['a failure after a signature', `(${OPENSSL}) || true; exit 1`, 'exit code 1'],
    ['a signal', 'kill -TERM $$', 'SIGTERM'],
    ['no end of output', 'yes', 'more than 4096 bytes'],
  ])('refuses %s', async (_, body, message) => {
    script(body);
    const error = await rejected(sign(arg()));
    expect(error).toMatchObject({ code: 'command-failed', exitCode: 3 });
    expect(error.message).toContain(message);
  });

  it('ends a command that does not, and what it started does not keep it', async () => {
    script('echo $$ >"$1/pid"; sleep 600 & echo $! >"$1/child"; wait');
    const error = await rejected(sign(`${arg()}&timeout=1`));
    expect(error.message).toContain('1 seconds');
    const pid = (name: string) => Number(readFileSync(folder.at(name), 'utf8'));
    expect(() => process.kill(pid('pid'), 0)).toThrow('ESRCH');
    process.kill(pid('child'), 'SIGKILL');
  });

  it('signs though the command does not read what it is given', async () => {
    script(OPENSSL);
    const signature = await sign(arg());
    script(`printf '${[...signature].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}'`);
    expect(await (await source().open(noSecrets)).sign(MESSAGE)).toEqual(signature);
  });

  it('says that the program or the public key is not there', async () => {
    const none = await source('', folder.at('none')).open(noSecrets);
    expect(await rejected(none.sign(MESSAGE))).toMatchObject({ code: 'command-failed' });
    writeFileSync(folder.at('sign'), 'not executable');
    expect((await rejected(sign())).message).toContain('EACCES');
    writeFileSync(folder.at('key.pub'), '{}');
    expect((await rejected(source().peek())).code).toBe('shape-invalid');
  });
});
