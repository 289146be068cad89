import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import type { JsonValue } from '../../src/core/json/value.ts';
import { TestClient } from '../support/client.ts';
import { Forge } from '../support/forge.ts';

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = String(
  createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })).export({ type: 'spki', format: 'pem' }),
);

const SWAPS: readonly (readonly [string, JsonValue])[] = [
  ['scheme', 'none'],
  ['scheme', 'ecdsa-sha2-nistp256'],
  ['scheme', 'ed25519ph'],
  ['scheme', ''],
  ['keytype', 'ecdsa'],
  ['keytype', 'rsa'],
  ['keyval', { public: pem }],
  ['scheme', null],
];

describe('an algorithm that is not the one of the key', () => {
  it.each(SWAPS)('is refused: %s %j', async (field, value) => {
    const forge = await Forge.make();
    await forge.set('root', ['keys', forge.online.publicKey.keyid, field], value).write('root');
    const error = await new TestClient(forge.store, forge.bytes('root')).refuses('role-keys');
    expect(error.where).toContain(forge.online.publicKey.keyid);
  });

  it('is not read from a signature: what stands beside it changes nothing', async () => {
    const forge = await Forge.make();
    const text = new TextDecoder().decode(forge.bytes('timestamp'));
    const zero = text.replace(/"sig":"[0-9a-f]+"/, '"sig":"","method":"none","scheme":"none"');
    forge.store.objects.set('metadata/timestamp.json', utf8(zero));
    const client = new TestClient(forge.store, forge.bytes('root'));
    await client.refuses('threshold-unmet');
    forge.store.objects.set(
      'metadata/timestamp.json',
      utf8(text.replace('"sig":', '"method":"none","sig":')),
    );
    expect((await client.refresh()).timestamp.signed.version).toBe(1);
  });
});
