import { describe, expect, it } from 'vitest';
import type { Code } from '../../src/core/errors.ts';
import { TestClient } from '../support/client.ts';
import { Forge, PAYLOAD_PATH } from '../support/forge.ts';
import { signerNamed } from '../support/signers.ts';

const ATTACKS: readonly (readonly [string, Code, (forge: Forge) => Promise<unknown>])[] = [
  [
    'is longer than announced',
    'length-mismatch',
    async (forge) => {
      const bytes = forge.bytes('gateway');
      forge.store.objects.set(forge.key('gateway'), new Uint8Array([...bytes, 0x20]));
    },
  ],
  [
    'is shorter than announced',
    'length-mismatch',
    async (forge) => {
      await forge.set('snapshot', ['meta', 'gateway.json', 'length'], 100_000).announceSnapshot();
    },
  ],
  [
    'has other bytes than announced',
    'digest-mismatch',
    async (forge) => {
      const bytes = new TextDecoder().decode(forge.bytes('gateway'));
      const other = bytes.replace('2026', '2036');
      forge.store.objects.set(forge.key('gateway'), new TextEncoder().encode(other));
    },
  ],
  ['has expired', 'role-expired', (forge) => forge.publish('gateway', [['expires'], '2025-12-31T23:59:59Z'])],
  [
    'is signed by another key',
    'threshold-unmet',
    (forge) => {
      forge.signers.set('gateway', [signerNamed('attacker')]);
      return forge.publish('gateway');
    },
  ],
  [
    'has another version than announced',
    'role-version',
    async (forge) => {
      forge.store.objects.set('metadata/7.gateway.json', forge.bytes('gateway'));
      await forge.set('snapshot', ['meta', 'gateway.json', 'version'], 7).announceSnapshot();
    },
  ],
  ['is of another type', 'role-type', (forge) => forge.publish('gateway', [['_type'], 'snapshot'])],
];

describe('a delegated role', () => {
  it.each(ATTACKS)('is refused when it %s', async (_, code, attack) => {
    const forge = await Forge.make();
    await attack(forge);
    const client = new TestClient(forge.store, forge.bytes('root'));
    const repository = await client.refresh();
    await client.refuses(code, () => repository.find(PAYLOAD_PATH));
    await client.refuses(code, () => repository.role('gateway'));
  });

  it('is accepted when it is as announced', async () => {
    const forge = await Forge.make();
    const repository = await new TestClient(forge.store, forge.bytes('root')).refresh();
    expect((await repository.find(PAYLOAD_PATH))?.role).toBe('gateway');
  });
});
