import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installed, run } from './tools.ts';

/** Where Debian's package puts it. */
export const SOFTHSM_MODULE = '/usr/lib/softhsm/libsofthsm2.so';
export const PIN = '86753';

export const hasSoftHsm = (): boolean => installed('softhsm2-util', 'pkcs11-tool', SOFTHSM_MODULE);

/** A store of tokens in a folder, still empty. Gives the environment that finds it. */
export function softHsmStore(folder: string): { readonly SOFTHSM2_CONF: string } {
  mkdirSync(join(folder, 'tokens'), { recursive: true });
  const SOFTHSM2_CONF = join(folder, 'softhsm2.conf');
  writeFileSync(SOFTHSM2_CONF, `directories.tokendir = ${join(folder, 'tokens')}\nlog.level = ERROR\n`);
  return { SOFTHSM2_CONF };
}

/** As `softHsmStore`, with one token `ota` that has a key `release` with the ID 01. */
export function softHsm(folder: string): { readonly SOFTHSM2_CONF: string } {
  const env = softHsmStore(folder);
  initToken(env, 'ota');
  generateKey(env, 'ota', 'release', '01');
  return env;
}

export const initToken = (env: NodeJS.ProcessEnv, label: string): Buffer =>
  run('softhsm2-util', ['--init-token', '--free', '--label', label, '--so-pin', '12345678', '--pin', PIN], {
    env,
  });

/** Makes an Ed25519 key pair in a token. */
export const generateKey = (env: NodeJS.ProcessEnv, token: string, label: string, id: string): Buffer =>
  pkcs11Tool(env, token, [
    '--login',
    '--pin',
    PIN,
    '--keypairgen',
    '--key-type',
    'EC:edwards25519',
    '--label',
    label,
    '--id',
    id,
  ]);

export const pkcs11Tool = (env: NodeJS.ProcessEnv, token: string, args: readonly string[]): Buffer =>
  run('pkcs11-tool', ['--module', SOFTHSM_MODULE, '--token-label', token, ...args], { env });
