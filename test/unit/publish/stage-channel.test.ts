import { beforeAll, describe, expect, it, vi } from 'vitest';
import { publishedChannels } from '../../../src/publish/channel.ts';
import type { ChannelChange } from '../../../src/publish/plan-channel.ts';
import { stageChannel } from '../../../src/publish/stage-channel.ts';
import { changeChannel, promotion } from '../../support/channels.ts';
import { refusal } from '../../support/client.ts';
import { sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import { name, ONLINE, PRODUCT } from '../../support/release.ts';
import { makeScenario, type Scenario } from '../../support/scenario.ts';
import { complete, respond } from '../../support/staged.ts';
import type { WritableStore } from '../../support/writable-store.ts';

vi.mock('../../../src/keys/ed25519.ts', async (original) =>
  (await import('../../support/memoized.ts')).memoized(
    await original<typeof import('../../../src/keys/ed25519.ts')>(),
  ),
);

const folder = sharedFolder();
let scenario: Scenario;
/** 1.0.0 on stable, 1.1.0 on beta and in a rollout on slow. */
let published: WritableStore;
const steps = [{ at: NOW + 1000, percent: 100 }];
beforeAll(async () => {
  scenario = await makeScenario(folder);
  published = scenario.store.copy();
  await scenario.publish('1.1.0', published, { channel: name('beta') });
  const at = { store: published, trust: scenario.trust };
  await changeChannel(at, 'slow', { kind: 'create', to: '1.0.0' });
  await changeChannel(at, 'slow', promotion('1.1.0', { steps }));
});

const stage = (store: WritableStore, channel: string, change: ChannelChange) =>
  stageChannel({ store, trust: scenario.trust, product: PRODUCT, channel: name(channel), change, now: NOW });

async function carryOut(store: WritableStore, staged: Awaited<ReturnType<typeof stage>>) {
  const response = await respond(staged, scenario.trust, ONLINE);
  return complete(staged, [response], { store, trust: scenario.trust, signers: [ONLINE] });
}

describe('a change of a channel that is signed elsewhere', () => {
  it.each<readonly [string, ChannelChange]>([
    ['lts', { kind: 'create', to: 'stable' }],
    ['stable', promotion('beta')],
    ['stable', promotion('beta', { steps })],
    ['slow', { kind: 'pause' }],
    ['slow', { kind: 'remove' }],
  ])(
    '%s, %j: is what the key at hand would have made of it, and shown to who signs',
    async (channel, change) => {
      const store = published.copy();
      const staged = await stage(store, channel, change);
      expect(store.objects).toEqual(published.objects);
      const [document] = staged.review.documents;
      expect(document?.name).toBe('gateway.channels');
      expect(JSON.stringify(document?.changes)).toContain(`gateway/channels/${channel}.json`);

      if (change.kind === 'remove') {
        expect(document?.changes).toContainEqual({
          what: 'file-removed',
          subject: `gateway/channels/${channel}.json`,
          warning: 'is removed: its devices are given nothing any more',
        });
      }
      expect(await carryOut(store, staged)).toMatchObject({ changed: true });
      const here = published.copy();
      await changeChannel({ store: here, trust: scenario.trust }, channel, change);
      const channels = (of: WritableStore) => publishedChannels(of, scenario.trust, PRODUCT);
      expect(await channels(store)).toEqual(await channels(here));
      expect(await channels(store)).not.toEqual(await channels(published));
      const found = change.kind === 'promote' && change.steps === undefined ? '1.1.0' : '1.0.0';
      expect(await scenario.consistent(scenario.device(), store)).toBe(found);
      // Once more there is nothing to do.
      expect(await carryOut(store, staged)).toMatchObject({ changed: false });
    },
  );

  it('is refused where there is nothing to sign, and where it could not be done', async () => {
    expect(await refusal(() => stage(published, 'stable', promotion('1.0.0')))).toMatchObject({
      code: 'channel-unchanged',
      exitCode: 3,
      where: 'gateway/channels/stable',
    });
    expect(await refusal(() => stage(published, 'lts', promotion('1.0.0')))).toMatchObject({
      code: 'channel-missing',
    });
  });

  it('is refused when the channels have changed since', async () => {
    const store = published.copy();
    const staged = await stage(store, 'stable', promotion('beta'));
    await changeChannel({ store, trust: scenario.trust }, 'slow', { kind: 'remove' });
    const before = new Map(store.objects);
    expect(await refusal(() => carryOut(store, staged))).toMatchObject({
      code: 'request-stale',
      exitCode: 6,
    });
    expect(store.objects).toEqual(before);
  });
});
