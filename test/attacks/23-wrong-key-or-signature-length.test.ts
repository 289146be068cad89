import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../src/core/bytes.ts';
import { keyidOf } from '../../src/keys/public-key.ts';
import { TestClient } from '../support/client.ts';
import { Forge } from '../support/forge.ts';

describe('a key of another length than 32 bytes', () => {
  it.each([0, 31, 33, 64])('is refused: %i', async (length) => {
    const forge = await Forge.make();
    const raw = new Uint8Array(length).fill(1);
    forge.set('root', ['keys', keyidOf(raw)], {
      keytype: 'ed25519',
      scheme: 'ed25519',
      keyval: { public: toHex(raw) },
    });
    await forge.write('root');
    const error = await new TestClient(forge.store, forge.bytes('root')).refuses('role-keys');
    expect(error.message).toContain(`${length} bytes`);
  });
});

describe('a signature of another length than 64 bytes', () => {
  const EDITS: readonly (readonly [string, (sig: string) => string])[] = [
    ['a byte less', (sig) => sig.slice(2)],
    ['a byte more', (sig) => `${sig}00`],
    ['half a byte less', (sig) => sig.slice(1)],
    ['none', () => ''],
    ['capitals', (sig) => sig.toUpperCase()],
  ];
  it.each(EDITS)('does not count: %s', async (_, edit) => {
    const forge = await Forge.make();
    const text = new TextDecoder().decode(forge.bytes('timestamp'));
    const other = text.replace(/"sig":"([0-9a-f]+)"/, (_match, sig: string) => `"sig":"${edit(sig)}"`);
    forge.store.objects.set('metadata/timestamp.json', utf8(other));
    const client = new TestClient(forge.store, forge.bytes('root'));
    await client.refuses('threshold-unmet');
    forge.store.objects.set('metadata/timestamp.json', utf8(text));
    await client.refresh();
  });
});
