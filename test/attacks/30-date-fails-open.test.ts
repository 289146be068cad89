import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/core/json/value.ts';
import { TestClient } from '../support/client.ts';
import { Forge, NOW } from '../support/forge.ts';

const BAD: readonly JsonValue[] = [
  'tomorrow',
  '',
  '2030-02-31T00:00:00Z',
  '2030-01-01T00:00:00+14:00',
  '2030-01-01T00:00:00',
  '2030-01-01',
  '2030-01-01T24:00:00Z',
  '2030-01-01T00:00:60Z',
  '2030-1-1T00:00:00Z',
  '2030-01-01t00:00:00z',
  '2030-01-01T00:00:00.000Z',
  '+012030-01-01T00:00:00Z',
  ' 2030-01-01T00:00:00Z',
  '99999-01-01T00:00:00Z',
  1893456000,
  null,
  ['2030-01-01T00:00:00Z'],
];

describe.each(['root', 'targets', 'snapshot', 'timestamp'])('the expiry of a %s', (role) => {
  it.each(BAD)('is refused: %j', async (expires) => {
    const forge = await Forge.make();
    forge.set(role, ['expires'], expires);
    await forge.write(role);
    if (role !== 'root') await forge.announce();
    const error = await new TestClient(forge.store, forge.bytes('root')).refuses('role-date');
    expect(error.where).toContain('expires');
  });

  it('is a date that is met exactly', async () => {
    const forge = await Forge.make();
    forge.set(role, ['expires'], '2026-01-01T00:00:01Z');
    await forge.write(role);
    await forge.announce();
    const client = new TestClient(forge.store, forge.bytes('root'));
    await client.refresh(NOW);
    await client.refuses('role-expired', () => client.refresh(NOW + 1));
  });
});
