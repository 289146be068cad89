import { expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { sha256 } from '../../../src/core/digest.ts';
import { DEMO_KEYS, demoSeed, isDemoKey, refuseDemoKey } from '../../../src/keys/demo.ts';
import { signerFromSeed } from '../../../src/keys/ed25519.ts';
import { thrown } from './thrown.ts';

it.each(DEMO_KEYS)('the demo key %s is the same everywhere, and refused', (name) => {
  const { publicKey } = signerFromSeed(demoSeed(name));
  expect(Buffer.from(demoSeed(name)).toString('hex')).toBe(sha256(utf8(`ota demo key: ${name}`)));
  expect(isDemoKey(publicKey.keyid)).toBe(true);
  const error = thrown(() => refuseDemoKey(publicKey.keyid, 'keys/release.pub'));
  expect(error).toMatchObject({ code: 'key-demo', where: 'keys/release.pub' });
});

it('other keys pass', () => {
  const { keyid } = signerFromSeed(new Uint8Array(32)).publicKey;
  expect(isDemoKey(keyid)).toBe(false);
  expect(() => refuseDemoKey(keyid, 'x')).not.toThrow();
});
