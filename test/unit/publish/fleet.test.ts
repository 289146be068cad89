import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { drawPlan } from '../../../src/cli/graph.ts';
import { planFleet } from '../../../src/publish/fleet.ts';
import type { ChannelChange } from '../../../src/publish/plan-channel.ts';
import { changeChannel, promotion } from '../../support/channels.ts';
import { refusal } from '../../support/client.ts';
import { sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import {
  HARDWARE,
  makeBundle,
  makeTrust,
  name,
  PRODUCT,
  publishFile,
  STABLE,
  update,
  version,
} from '../../support/release.ts';
import { wayRelease } from '../../support/ways.ts';
import { WritableStore } from '../../support/writable-store.ts';

vi.mock('../../../src/keys/ed25519.ts', async (original) => {
  const { memoized } = await import('../../support/memoized.ts');
  return memoized(await original());
});

const folder = sharedFolder();
const trust = await makeTrust();
const store = new WritableStore();
const stranding = new WritableStore();
const plan = (at: WritableStore, from?: string) =>
  planFleet({
    store: at,
    trust,
    product: PRODUCT,
    channel: STABLE,
    now: NOW,
    ...(from === undefined ? {} : { from: version(from) }),
  });

beforeAll(async () => {
  for (const [at, versions] of [
    [store, ['1.0.0', '2.0.0', '3.0.0']],
    [stranding, ['1.0.0', '3.0.0']],
  ] as const) {
    for (const one of versions) {
      const path = await makeBundle(folder, wayRelease(one));
      await publishFile(path, { store: at, trust, strand: true, scratch: `${folder}/scratch` });
      await update(`${folder}/device-${versions.length}-${one}`, at, trust);
    }
  }
});

describe('the fleet', () => {
  it('gets to the head of its channel, some by way of another release, as devices then do', async () => {
    const { head, roots, ways } = await plan(store);
    expect({ head, roots }).toEqual({ head: '3.0.0', roots: { from: 1, to: 1 } });
    expect(ways.map(({ from, hops, stranded }) => [from, hops.map(({ to }) => to), stranded])).toEqual([
      ['1.0.0', ['2.0.0', '3.0.0'], undefined],
      ['2.0.0', ['3.0.0'], undefined],
      ['3.0.0', [], undefined],
    ]);
    const report = await update(`${folder}/device-3-1.0.0`, store, trust);
    expect(report.passed).toEqual(['2.0.0']);
    expect(report.downloadedBytes).toBe(ways[0]?.bytes);
  });

  it('is left behind where nothing leads on, with the reason that the device gives', async () => {
    const { ways } = await plan(stranding, '1.0.0');
    expect(ways[0]).toMatchObject({ from: '1.0.0', hops: [], bytes: 0 });
    expect(ways[0]?.stranded).toContain(
      'once boot is installed, linux 1.0.0 requires boot <3, and finds 3.0.0',
    );
    const error = await refusal(() => update(`${folder}/device-2-1.0.0`, stranding, trust));
    expect(error).toMatchObject({ code: 'update-unsafe', exitCode: 4, message: ways[0]?.stranded });
  });

  it('is planned as of the end of a rollout, and stays where that is paused', async () => {
    const rolling = store.copy();
    const change = (what: ChannelChange) => changeChannel({ store: rolling, trust }, 'slow', what);
    await change({ kind: 'create', to: '2.0.0' });
    const steps = [{ at: NOW + 1000, percent: 100 }];
    await change(promotion('3.0.0', { steps }));
    const hops = async () =>
      (
        await planFleet({
          store: rolling,
          trust,
          product: PRODUCT,
          channel: name('slow'),
          from: version('2.0.0'),
          now: NOW,
        })
      ).ways.flatMap((way) => way.hops.map(({ to }) => to));
    expect(await hops()).toEqual(['3.0.0']);
    await change({ kind: 'pause' });
    expect(await hops()).toEqual([]);
  });

  it('is told of releases and channels that are there alone', async () => {
    expect((await refusal(() => plan(store, '9.0.0'))).code).toBe('release-missing');
  });
});

it('the states between two releases are drawn, with those that do not work', async () => {
  const ends = { from: version('1.0.0'), to: version('3.0.0'), hardware: HARDWARE };
  const drawn = async (path: string, options = ends) => {
    await drawPlan({ store, trust, product: PRODUCT, ...options, path: `${folder}/${path}` });
    return readFileSync(`${folder}/${path}`, 'utf8');
  };
  const text = await drawn('states.mmd');
  expect(text).toMatch(/^flowchart TD\n/);
  expect(text).toContain('from 1.0.0 on gw-a1');
  expect(text).toContain(':::refused');
  expect(await drawn('states.SVG')).toMatch(/^<svg .*class="refused"/s);
  const elsewhere = { ...ends, hardware: name('gw-b2') };
  expect((await refusal(() => drawn('none.svg', elsewhere))).code).toBe('release-missing');
});
