import { expect, it } from 'vitest';
import { DAY, formatTime } from '../../src/core/time.ts';
import { refreshRepository } from '../../src/publish/refresh.ts';
import { refusal } from '../support/client.ts';
import { NOW } from '../support/forge.ts';
import { ONLINE, RELEASE } from '../support/release.ts';
import { faultScenario } from '../support/scenario.ts';
import type { WritableStore } from '../support/writable-store.ts';

const scenario = await faultScenario();

const refresh = (store: WritableStore, days: number, force = false) =>
  refreshRepository({
    store,
    trust: scenario.trust,
    atHand: new Set([ONLINE.publicKey.keyid]),
    unlock: async () => [ONLINE],
    force,
    now: NOW + days * DAY,
    progress: () => {},
  });

it('a role that officers sign is warned of in time, then nothing is renewed that leads to it', async () => {
  const store = scenario.store.copy();
  expect(await refresh(store, 300)).toMatchObject({ changed: true, expiring: [] });

  const warned = await refresh(store, 330);
  expect(warned.changed).toBe(true);
  expect(warned.expiring.map(({ role }) => role).sort()).toEqual(['gateway', 'gateway.channels']);
  expect(warned.expiring.find(({ role }) => role === 'gateway')).toMatchObject({
    expires: NOW + 365 * DAY,
    threshold: 1,
    keyids: [RELEASE.publicKey.keyid],
  });

  const before = new Map(store.objects);
  const error = await refusal(() => refresh(store, 352));
  expect(error).toMatchObject({ code: 'role-expiring', exitCode: 4 });
  expect(error.faults.map(({ where }) => where).sort()).toEqual(['gateway', 'gateway.channels']);
  expect(error.faults.find(({ where }) => where === 'gateway')?.message).toBe(
    `expires at ${formatTime(NOW + 365 * DAY)}, in 13 days: to be signed by 1 of ${RELEASE.publicKey.keyid.slice(0, 16)}`,
  );
  expect(store.objects).toEqual(before);
  expect((await refresh(store, 352, true)).changed).toBe(true);
});

it('past its expiry it is refused, forced or not, until a publication renews it', async () => {
  const store = scenario.store.copy();
  for (const force of [false, true]) {
    expect(await refusal(() => refresh(store, 366, force))).toMatchObject({
      code: 'role-expired',
      exitCode: 4,
    });
  }
  await scenario.publish('1.1.0', store, { now: NOW + 366 * DAY });
  expect((await refresh(store, 390)).changed).toBe(true);
  expect(await scenario.consistent(scenario.device(), store, { now: NOW + 400 * DAY })).toBe('1.1.0');
});
