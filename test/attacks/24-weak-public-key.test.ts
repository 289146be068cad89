import { describe, expect, it } from 'vitest';
import { fromHex } from '../../src/core/bytes.ts';
import { keyidOf } from '../../src/keys/public-key.ts';
import { TestClient } from '../support/client.ts';
import { Forge } from '../support/forge.ts';

/** Points of small order and encodings that are not the canonical ones. */
const WEAK: Readonly<Record<string, string>> = {
  identity: `01${'00'.repeat(31)}`,
  'order 2': `ec${'ff'.repeat(30)}7f`,
  'order 4': '00'.repeat(32),
  'order 8': 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'identity with the sign bit': `01${'00'.repeat(30)}80`,
  'y = p, not canonical': `ed${'ff'.repeat(30)}7f`,
  'y = p + 1, not canonical': `ee${'ff'.repeat(30)}7f`,
  'not on the curve': `02${'00'.repeat(31)}`,
};

describe('a public key that is not of large order in its one encoding', () => {
  it.each(Object.entries(WEAK))('is refused when it is parsed: %s', async (_, hex) => {
    const forge = await Forge.make();
    const keyid = keyidOf(fromHex(hex) ?? new Uint8Array());
    forge.set('root', ['keys', keyid], { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: hex } });
    forge.set('root', ['roles', 'timestamp', 'keyids'], [forge.online.publicKey.keyid, keyid]);
    await forge.write('root');
    const error = await new TestClient(forge.store, forge.bytes('root')).refuses('role-keys');
    expect(error.message).toContain('public key');
  });

  it('is another matter than an honest key', async () => {
    const forge = await Forge.make();
    await new TestClient(forge.store, forge.bytes('root')).refresh();
  });
});
