import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/digest.ts';
import { canonicalJson } from '../../src/core/json/canonical.ts';
import type { JsonObject } from '../../src/core/json/value.ts';
import { parseTimestamp } from '../../src/repository/parse-meta.ts';
import { verifyRole } from '../../src/repository/verify.ts';
import { refusal, TestClient } from '../support/client.ts';
import { Forge, keyObject, keysObject, roleObject } from '../support/forge.ts';
import { signerNamed } from '../support/signers.ts';

const twin = signerNamed('online');
const raw = toHex(twin.publicKey.raw);
const plain = keyObject(twin.publicKey);

/** Key objects that all hold the one key, each with the keyid that a naive client computes from the object. */
const DISGUISES: Readonly<Record<string, JsonObject>> = {
  'hex in capitals': { ...plain, keyval: { public: raw.toUpperCase() } },
  'a field more': { ...plain, keyid_hash_algorithms: ['sha256'] },
  'a field more in keyval': { ...plain, keyval: { public: raw, private: '' } },
  'any other keyid': plain,
};

async function withSecondKeyid(object: JsonObject, keyid: string) {
  const forge = await Forge.make();
  forge.set('root', ['keys', keyid], object);
  forge.set('root', ['roles', 'timestamp'], { keyids: [twin.publicKey.keyid, keyid], threshold: 2 });
  await forge.write('root');
  return forge;
}

describe('one key under two keyids', () => {
  it.each(Object.entries(DISGUISES))('is refused: %s', async (name, object) => {
    const keyid = name === 'any other keyid' ? 'f'.repeat(64) : sha256(canonicalJson(object));
    const forge = await withSecondKeyid(object, keyid);
    const error = await new TestClient(forge.store, forge.bytes('root')).refuses('role-keys');
    expect(error.where).toContain(keyid);
  });

  it('counts once even where it got past the parser', async () => {
    const forge = await Forge.make();
    const timestamp = parseTimestamp(forge.bytes('timestamp'), 'timestamp.json');
    const [signature] = timestamp.signatures;
    if (!signature) throw new Error('it is signed');
    const doubled = { ...timestamp, signatures: [signature, { ...signature, keyid: 'other' }] };
    const keys = new Map([
      [signature.keyid, twin.publicKey],
      ['other', twin.publicKey],
    ]);
    const role = { keyids: [signature.keyid, 'other'], threshold: 2 };
    expect((await refusal(() => verifyRole(doubled, keys, role, 'timestamp'))).code).toBe('threshold-unmet');
  });
});

it('accepts two keys under their keyids', async () => {
  const forge = await Forge.make();
  const second = signerNamed('second');
  forge.set('root', ['keys'], keysObject(forge.root, forge.targets, forge.online, second));
  forge.set('root', ['roles', 'timestamp'], roleObject(forge.online, second));
  forge.signers.set('timestamp', [forge.online, second]);
  await forge.write('root');
  await forge.announce();
  await new TestClient(forge.store, forge.bytes('root')).refresh();
});
