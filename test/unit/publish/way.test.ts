import { beforeAll, describe, expect, it, vi } from 'vitest';
import { silent } from '../../../src/core/progress.ts';
import { publishedChannels } from '../../../src/publish/channel.ts';
import { recallRelease } from '../../../src/publish/recall.ts';
import { changeChannel, promotion } from '../../support/channels.ts';
import { refusal } from '../../support/client.ts';
import { freshFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import {
  makeBundle,
  makeTrust,
  name,
  ONLINE,
  PRODUCT,
  type PublishTest,
  publishFile,
  type TestRelease,
} from '../../support/release.ts';
import { wayRelease } from '../../support/ways.ts';
import { WritableStore } from '../../support/writable-store.ts';

vi.mock('../../../src/keys/ed25519.ts', async (original) => {
  const { memoized } = await import('../../support/memoized.ts');
  return memoized(await original());
});

const folder = freshFolder();
const trust = await makeTrust();
let store: WritableStore;

beforeAll(() => {
  store = new WritableStore();
});

async function publish(release: TestRelease, more: Partial<PublishTest> = {}, to = store) {
  const path = await makeBundle(folder.path, release);
  return publishFile(path, { store: to, trust, scratch: folder.at('scratch'), deltasFrom: 1, ...more });
}

const through = async (at: WritableStore) =>
  (await publishedChannels(at, trust, PRODUCT)).map(({ channel, through: passed }) => [
    channel,
    passed?.map(({ version }) => version),
  ]);

const promote = (at: WritableStore, strand?: boolean) =>
  changeChannel({ store: at, trust }, 'stable', promotion('beta', strand === undefined ? {} : { strand }));

describe('a release that some devices cannot install over what they have', () => {
  it('is refused where there is no way to it, unless they may stay behind', async () => {
    const stranding = new WritableStore();
    await publish(wayRelease('1.0.0'), {}, stranding);
    const before = new Map(stranding.objects);
    const error = await refusal(() => publish(wayRelease('3.0.0'), {}, stranding));
    expect(error).toMatchObject({ code: 'releases-stranded', exitCode: 3 });
    expect(error.faults).toEqual([
      {
        where: '1.0.0 on gw-a1',
        message: '3.0.0: once boot is installed, linux 1.0.0 requires boot <3, and finds 3.0.0',
      },
    ]);
    expect(stranding.objects).toEqual(before);
    expect(await publish(wayRelease('3.0.0'), { strand: true }, stranding)).toMatchObject({ changed: true });
  });

  it('has those to pass through named by its channel, which stay live as long as they are', async () => {
    const keep = { releases: 1, versions: [] };
    await publish(wayRelease('1.0.0'));
    await publish(wayRelease('2.0.0'), { keep: { releases: 2, versions: [] } });
    expect(await through(store)).toEqual([['stable', undefined]]);
    const { archived } = await publish(wayRelease('3.0.0'), { keep, deltasFrom: 0, channel: name('beta') });
    // Stable still gives out 2.0.0, beta has devices pass through it.
    expect(archived).toEqual(['1.0.0']);
    expect(await through(store)).toEqual([
      ['beta', ['2.0.0']],
      ['stable', undefined],
    ]);
  });

  it('keeps live what its own channel has devices pass through, whatever the policy keeps', async () => {
    const at = new WritableStore();
    await publish(wayRelease('1.0.0'), {}, at);
    await publish(wayRelease('2.0.0'), {}, at);
    const keep = { releases: 1, versions: [] };
    const { archived } = await publish(wayRelease('3.0.0'), { keep, deltasFrom: 0 }, at);
    expect(archived).toEqual(['1.0.0']);
    expect(await through(at)).toEqual([['stable', ['2.0.0']]]);
  });

  it('is promoted with what its devices pass through now', async () => {
    const at = new WritableStore();
    await publish(wayRelease('1.0.0'), {}, at);
    await publish(wayRelease('2.0.0'), {}, at);
    await publish(wayRelease('3.0.0'), { channel: name('beta') }, at);
    const before = at.copy();
    await promote(at);
    expect(await through(at)).toEqual([
      ['beta', ['2.0.0']],
      ['stable', ['2.0.0']],
    ]);
    // A release that was recalled is passed through by nobody, so that some are left behind.
    for (const one of [before, at]) {
      await recallRelease({
        store: one,
        trust,
        product: PRODUCT,
        release: '2.0.0' as never,
        reason: 'It overheats.',
        atHand: new Set([ONLINE.publicKey.keyid]),
        unlock: async () => [ONLINE],
        now: NOW,
        progress: silent,
      });
    }
    expect((await through(at)).map(([, passed]) => passed)).toEqual([undefined, undefined]);
    expect((await refusal(() => promote(before))).code).toBe('releases-stranded');
    expect(await promote(before, true)).toMatchObject({ to: '3.0.0', changed: true });
  });

  it('is refused where it drops hardware that the channel serves', async () => {
    const at = new WritableStore();
    const both = ['gw-a1', 'gw-b2'];
    await publish(wayRelease('1.0.0', { hardware: both }), {}, at);
    const error = await refusal(() => publish(wayRelease('2.0.0'), {}, at));
    expect(error.faults).toEqual([{ where: '1.0.0 on gw-b2', message: '2.0.0: is not for this hardware' }]);
    // A channel of its own serves that hardware with nothing yet.
    expect(await publish(wayRelease('2.0.0'), { channel: name('a1') }, at)).toMatchObject({ changed: true });
  });
});

it('a release that is recalled for a later one leads its devices there by way of what they have to pass through', async () => {
  const at = new WritableStore();
  await publish(wayRelease('1.0.0'), {}, at);
  const alone = at.copy();
  await publish(wayRelease('2.0.0'), { channel: name('lab') }, at);
  const recalled = (store: WritableStore, strand = false) =>
    recallRelease({
      store,
      trust,
      product: PRODUCT,
      release: '1.0.0' as never,
      to: '3.0.0' as never,
      reason: 'It overheats.',
      strand,
      atHand: new Set([ONLINE.publicKey.keyid]),
      unlock: async () => [ONLINE],
      now: NOW,
      progress: silent,
    });
  await publish(wayRelease('3.0.0'), { channel: name('beta') }, at);
  await recalled(at);
  expect(Object.fromEntries(await through(at))).toMatchObject({ stable: ['2.0.0'] });

  await publish(wayRelease('3.0.0'), { channel: name('beta'), strand: true }, alone);
  expect((await refusal(() => recalled(alone))).code).toBe('releases-stranded');
  expect(await recalled(alone, true)).toMatchObject({ channels: [{ channel: 'stable', to: '3.0.0' }] });
});
