import { createHash } from 'node:crypto';
import { OtaError } from '../core/errors.ts';
import { signerFromSeed } from './ed25519.ts';

export const DEMO_KEYS = ['release', 'online'] as const;
export type DemoKey = (typeof DEMO_KEYS)[number];

/** The demo's private keys, which anyone can compute: worth nothing, and refused everywhere else. */
export const demoSeed = (name: DemoKey): Uint8Array =>
  new Uint8Array(createHash('sha256').update(`ota demo key: ${name}`).digest());

let keyids: ReadonlySet<string> | undefined;

export function isDemoKey(keyid: string): boolean {
  keyids ??= new Set(DEMO_KEYS.map((name) => signerFromSeed(demoSeed(name)).publicKey.keyid));
  return keyids.has(keyid);
}

/** @throws OtaError `key-demo` */
export function refuseDemoKey(keyid: string, where: string): void {
  if (!isDemoKey(keyid)) return;
  throw new OtaError('key-demo', `${where} uses the key of the demo, whose private half is public`, {
    where,
    hint: 'Make keys of your own with "ota init" in an empty folder.',
  });
}
