import { expect, it, vi } from 'vitest';
import { DAY, formatTime } from '../../src/core/time.ts';
import { TestClient } from '../support/client.ts';
import { Forge, NOW, PAYLOAD_PATH } from '../support/forge.ts';

it('judges every role by the one time that the update began with, whatever the clock does meanwhile', async () => {
  const forge = await Forge.make();
  await forge.publish('gateway', [['expires'], formatTime(NOW + 1)]);
  const client = new TestClient(forge.store, forge.bytes('root'));
  vi.useFakeTimers({ now: 0, toFake: ['Date'] });
  try {
    const repository = await client.refresh(NOW);
    vi.setSystemTime((NOW + 1000 * DAY) * 1000);
    expect((await repository.find(PAYLOAD_PATH))?.role).toBe('gateway');
    const late = await client.refresh(NOW + 1);
    vi.setSystemTime(0);
    await client.refuses('role-expired', () => late.find(PAYLOAD_PATH));
  } finally {
    vi.useRealTimers();
  }
});
