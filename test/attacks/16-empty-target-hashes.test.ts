import { describe, expect, it } from 'vitest';
import type { Code } from '../../src/core/errors.ts';
import type { JsonValue } from '../../src/core/json/value.ts';
import { TestClient } from '../support/client.ts';
import { Forge, fileObject, PAYLOAD, PAYLOAD_PATH } from '../support/forge.ts';

const hash = '0'.repeat(64);
const BAD: Readonly<Record<string, JsonValue>> = {
  'no hashes': { length: 1 },
  'empty hashes': { length: 1, hashes: {} },
  'only a weak hash': { length: 1, hashes: { md5: '0'.repeat(32) } },
  'a hash too short': { length: 1, hashes: { sha256: '0'.repeat(62) } },
  'a hash in capitals': { length: 1, hashes: { sha256: 'A'.repeat(64) } },
  'a hash that is not text': { length: 1, hashes: { sha256: 0 } },
  'no length': { hashes: { sha256: hash } },
  'a negative length': { length: -1, hashes: { sha256: hash } },
  'half a byte': { length: 1.5, hashes: { sha256: hash } },
  'a length as text': { length: '1', hashes: { sha256: hash } },
};

/** Those that are not refused for their hashes. */
const CODES: Readonly<Record<string, Code>> = {
  'no length': 'role-invalid',
  'a negative length': 'role-invalid',
  'half a byte': 'role-json',
  'a length as text': 'role-invalid',
};

describe('a target', () => {
  it.each(Object.entries(BAD))('is refused with %s', async (name, file) => {
    const forge = await Forge.make();
    await forge.publish('gateway', [['targets', PAYLOAD_PATH], file]);
    const client = new TestClient(forge.store, forge.bytes('root'));
    const repository = await client.refresh();
    await client.refuses(CODES[name] ?? 'target-hash', () => repository.find(PAYLOAD_PATH));
  });

  it.each(['snapshot', 'timestamp'])(
    'has company: empty hashes are refused in a %s as well',
    async (role) => {
      const forge = await Forge.make();
      const file = role === 'snapshot' ? 'gateway.json' : 'snapshot.json';
      forge.set(role, ['meta', file, 'hashes'], {});
      if (role === 'snapshot') await forge.announceSnapshot();
      else await forge.write('timestamp');
      await new TestClient(forge.store, forge.bytes('root')).refuses('target-hash');
    },
  );

  it('is accepted with a length and a SHA-256, whatever other hashes stand beside it', async () => {
    const forge = await Forge.make();
    const file = fileObject(PAYLOAD);
    await forge.publish(
      'gateway',
      [['targets', PAYLOAD_PATH], file],
      [['targets', PAYLOAD_PATH, 'hashes', 'md5'], '0'],
    );
    const repository = await new TestClient(forge.store, forge.bytes('root')).refresh();
    expect(await repository.read(await repository.get(PAYLOAD_PATH))).toEqual(PAYLOAD);
  });
});
