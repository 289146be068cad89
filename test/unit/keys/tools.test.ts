import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes.ts';
import { signerFromSeed } from '../../../src/keys/ed25519.ts';
import { sealKey } from '../../../src/keys/key-file.ts';
import { decodePkcs8, encodePkcs8 } from '../../../src/keys/pkcs8.ts';
import { installed } from '../../support/tools.ts';

const SEED = new Uint8Array(32).map((_, index) => index);
const PUBLIC = toHex(signerFromSeed(SEED).publicKey.raw);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ota-tools-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const publicOf = (pem: Uint8Array): string => {
  const { stdout } = spawnSync('openssl', ['pkey', '-pubout', '-outform', 'DER'], { input: pem });
  return stdout.subarray(-32).toString('hex');
};

describe.skipIf(!installed('openssl'))('openssl', () => {
  it('reads our private keys', () => {
    expect(publicOf(encodePkcs8(SEED))).toBe(PUBLIC);
  });

  it('writes private keys that we read', () => {
    const { stdout } = spawnSync('openssl', ['genpkey', '-algorithm', 'ed25519']);
    const { publicKey } = signerFromSeed(decodePkcs8(stdout, 'genpkey'));
    expect(toHex(publicKey.raw)).toBe(publicOf(stdout));
  });
});

// age asks for a passphrase on a terminal only; `script` is one.
describe.skipIf(!installed('age', 'openssl', 'script'))('age', () => {
  it('opens a key file for openssl', async () => {
    const key = join(folder, 'key.age');
    const pem = join(folder, 'key.pem');
    await writeFile(key, await sealKey(SEED, 'correct horse'));
    const { stdout } = spawnSync('script', ['-qec', `age -d -o '${pem}' '${key}'`, '/dev/null'], {
      input: 'correct horse\n',
    });
    expect(stdout.toString()).not.toContain('error');
    expect(publicOf(await readFile(pem))).toBe(PUBLIC);
  });
});
