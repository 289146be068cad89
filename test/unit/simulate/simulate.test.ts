import { beforeAll, describe, expect, it, vi } from 'vitest';
import { simulationLines } from '../../../src/cli/views/simulation.ts';
import { simulationPage } from '../../../src/cli/views/simulation-page.ts';
import { silent } from '../../../src/core/progress.ts';
import { DAY } from '../../../src/core/time.ts';
import { updateDevice } from '../../../src/device/update.ts';
import { publishedChannels } from '../../../src/publish/channel.ts';
import { explainChannel } from '../../../src/publish/explain.ts';
import { placeOf } from '../../../src/repository/rollout.ts';
import { SharedClient } from '../../../src/simulate/client.ts';
import { type FleetShape, fleetOf } from '../../../src/simulate/devices.ts';
import { type SimulateOptions, simulate } from '../../../src/simulate/simulate.ts';
import { changeChannel, promotion } from '../../support/channels.ts';
import { refusal } from '../../support/client.ts';
import { sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import {
  anchorOf,
  HARDWARE,
  makeBundle,
  makeTrust,
  name,
  ONLINE,
  PRODUCT,
  publishFile,
  RELEASE,
  STABLE,
  version,
} from '../../support/release.ts';
import { rotate } from '../../support/rotation.ts';
import { signerNamed } from '../../support/signers.ts';
import { wayRelease } from '../../support/ways.ts';
import { WritableStore } from '../../support/writable-store.ts';

vi.mock('../../../src/keys/ed25519.ts', async (original) => {
  const { memoized } = await import('../../support/memoized.ts');
  return memoized(await original());
});

const BETA = name('beta');
const folder = sharedFolder();
const trust = await makeTrust();
/** 1.0.0, 2.0.0 and 3.0.0; stable goes from 2.0.0 to 3.0.0 for 10 % now, and for all in two days. */
const store = new WritableStore();
const steps = [
  { at: NOW, percent: 10 },
  { at: NOW + 2 * DAY, percent: 100 },
];

beforeAll(async () => {
  for (const [one, channel] of [
    ['1.0.0', STABLE],
    ['2.0.0', STABLE],
    ['3.0.0', BETA],
  ] as const) {
    const hardware = one === '1.0.0' ? ['gw-a1', 'gw-old'] : ['gw-a1'];
    const path = await makeBundle(folder, wayRelease(one, { hardware }));
    await publishFile(path, { store, trust, channel, strand: true, scratch: `${folder}/scratch` });
  }
  await changeChannel({ store, trust }, STABLE, promotion('3.0.0', { strand: true, steps }));
});

const run = (more: Partial<SimulateOptions> = {}) =>
  simulate({
    store,
    trust,
    product: PRODUCT,
    channel: STABLE,
    devices: 1000,
    seed: '1',
    mix: new Map([['2.0.0', 1]]),
    start: NOW,
    every: DAY,
    clockOff: 0,
    clockBy: 365 * DAY,
    rootBehind: 0,
    threads: 1,
    progress: silent,
    ...more,
  });

const shape: FleetShape = {
  devices: 1000,
  seed: '1',
  shares: [{ release: version('2.0.0'), weight: 1, hardware: [HARDWARE] }],
  clockOff: 0,
  clockBy: DAY,
  roots: 1,
  rootBehind: 0,
};

describe('a fleet that is not there', () => {
  it('is given a rollout of 10 % by about a tenth, by exactly those whose place is below', async () => {
    const { moments, head } = await run();
    expect(head).toBe('3.0.0');
    expect(moments.map(({ at }) => at)).toEqual([NOW, NOW + DAY, NOW + 2 * DAY]);
    const [channel] = (await publishedChannels(store, trust, PRODUCT)).filter(
      (one) => one.channel === STABLE,
    );
    const release = channel?.release ?? expect.fail('there is no channel');
    const early = fleetOf(shape).filter(({ id }) => placeOf(release, id) < 10);
    expect(early.length).toBeGreaterThan(70);
    expect(early.length).toBeLessThan(130);
    expect(moments.map(({ releases }) => releases['3.0.0'])).toEqual([early.length, early.length, 1000]);
    expect(moments.map(({ updated }) => updated)).toEqual([early.length, 0, 1000 - early.length]);
  });

  it('does what 20 devices do that are there, each as it is explained, with as many bytes', async () => {
    const options = { devices: 20, mix: new Map([['none', 1]]), until: NOW };
    const { moments, downloadBytes } = await run(options);
    const { hardware } = wayRelease('3.0.0', { hardware: ['gw-a1'] });
    const real = new Map<string, number>();
    let bytes = 0;
    for (const { id } of fleetOf({ ...shape, devices: 20, shares: [{ weight: 1, hardware: [HARDWARE] }] })) {
      const create = { product: PRODUCT, hardware: name(hardware?.[0] ?? ''), channel: STABLE, id };
      const report = await updateDevice({
        folder: `${folder}/${id}`,
        store,
        create: { ...create, rootBytes: anchorOf(trust) },
        now: NOW,
        progress: silent,
      });
      const { given } = await explainChannel({ store, trust, ...create, device: id, now: NOW });
      expect(report.to).toBe(given);
      real.set(report.to, (real.get(report.to) ?? 0) + 1);
      bytes += report.downloadedBytes;
    }
    expect(moments[0]?.releases).toEqual(Object.fromEntries(real));
    expect(downloadBytes).toBe(bytes);
  });

  it('passes through releases as devices do, with the bytes of both updates', async () => {
    const options = { devices: 50, start: NOW + 2 * DAY };
    const [one, two] = [
      await run({ ...options, mix: new Map([['2.0.0', 1]]) }),
      await run({ ...options, mix: new Map([['1.0.0', 1]]), seed: 'b' }),
    ];
    const passing = two.updates.find(({ from, hardware }) => from === '1.0.0' && hardware === HARDWARE);
    expect(passing).toMatchObject({ to: '3.0.0' });
    const each = (sum: { readonly bytes: number; readonly devices: number } | undefined) =>
      (sum?.bytes ?? 0) / (sum?.devices ?? 1);
    expect(each(passing)).toBeGreaterThan(each(one.updates[0]));
    // Those of the hardware that was left stay where they are.
    expect(two.refusals).toMatchObject([{ code: 'hardware-mismatch' }]);
    expect(two.refusals[0]?.devices).toBe(two.moments[0]?.releases['1.0.0']);
  });

  it('counts those whose clock is ahead as refused, and those whose clock is behind as late', async () => {
    const { moments, refusals } = await run({ clockOff: 40 });
    const last = moments.at(-1);
    const fleet = fleetOf({ ...shape, clockOff: 40, clockBy: 365 * DAY });
    const [ahead, behind] = [1, -1].map(
      (sign) => fleet.filter(({ clock }) => Math.sign(clock) === sign).length,
    );
    expect(last?.refused).toEqual({ 'role-expired': ahead });
    expect(refusals).toMatchObject([{ code: 'role-expired', devices: ahead }]);
    expect(last?.releases['2.0.0']).toBe((ahead ?? 0) + (behind ?? 0));
  });

  it('has devices that were made with an earlier root, which have to walk to the newest by themselves', async () => {
    const bob = signerNamed('bob');
    const by = await rotate(trust, { timestamp: { signers: [bob] }, by: [RELEASE] });
    const rotated = new WritableStore();
    const path = await makeBundle(folder, wayRelease('1.0.0'));
    await publishFile(path, {
      store: rotated,
      trust: by,
      signers: [RELEASE, ONLINE, bob],
      scratch: `${folder}/scratch`,
    });
    const all = await run({ store: rotated, trust: by, mix: new Map([['none', 1]]), rootBehind: 30 });
    expect(all.moments[0]).toMatchObject({ updated: 1000, refused: {} });
    const lost = rotated.copy();
    expect(lost.objects.delete('metadata/2.root.json')).toBe(true);
    const client = (at: WritableStore, root: number) =>
      new SharedClient({
        store: at,
        rootBytes: by.roots[root] ?? expect.fail('there is no such root'),
        product: PRODUCT,
        channel: STABLE,
        now: NOW,
      }).update({ id: 'one', hardware: HARDWARE }, undefined, NOW);
    expect(await client(rotated, 0)).toEqual(await client(lost, 1));
    expect((await refusal(() => client(lost, 0))).code).toBe('threshold-unmet');
  });

  it('is the same for the same seed, and another for another', async () => {
    const options = {
      devices: 200,
      mix: new Map([
        ['1.0.0', 1],
        ['2.0.0', 3],
        ['none', 1],
      ]),
    };
    const first = await run(options);
    expect(await run(options)).toEqual(first);
    expect((await run({ ...options, seed: '2' })).moments).not.toEqual(first.moments);
  });

  it('asks the store for no more when there are more devices', async () => {
    const counted = async (devices: number) => {
      let reads = 0;
      const counting = {
        url: store.url,
        read: (key: string, most: number) => ++reads && store.read(key, most),
        stream: (key: string) => ++reads && store.stream(key),
        stat: (key: string) => store.stat(key),
      } as typeof store;
      await run({ store: counting, devices });
      return reads;
    };
    expect(await counted(2000)).toBe(await counted(200));
  });

  it('is told of releases, channels and times that there are alone', async () => {
    expect((await refusal(() => run({ mix: new Map([['9.0.0', 1]]) }))).code).toBe('release-missing');
    expect((await refusal(() => run({ channel: name('gamma') }))).code).toBe('channel-missing');
    expect((await refusal(() => run({ until: NOW - 1 }))).code).toBe('usage-flag');
    expect((await refusal(() => run({ every: 1, until: NOW + DAY }))).code).toBe('usage-flag');
  });

  it('is shown as a table, and as a page that loads and runs nothing', async () => {
    const simulation = await run({ clockOff: 10 });
    const text = simulationLines(simulation).join('\n');
    expect(text).toContain('role-expired');
    expect(text).toMatch(/\d+ of 1000.* devices have gateway 3\.0\.0 on stable in the end/);
    const page = simulationPage({ ...simulation, seed: '<b>' });
    expect(page.match(/<polygon /g)).toHaveLength(2);
    expect(page).not.toMatch(/<script|https?:|src=|<b>|NaN/);
  });
});

describe('devices of a fleet', () => {
  it('have releases, hardware, clocks and roots in about the parts that are asked for', () => {
    const fleet = fleetOf({
      ...shape,
      devices: 4000,
      shares: [
        { release: version('1.0.0'), weight: 70, hardware: [HARDWARE, name('gw-b')] },
        { weight: 30, hardware: [HARDWARE] },
      ],
      clockOff: 20,
      roots: 3,
      rootBehind: 50,
    });
    const part = (test: (device: (typeof fleet)[number]) => boolean) => fleet.filter(test).length / 40;
    expect(part(({ release }) => release === undefined)).toBeCloseTo(30, -1);
    expect(part(({ hardware }) => hardware === 'gw-b')).toBeCloseTo(35, -1);
    expect(part(({ clock }) => clock > 0)).toBeCloseTo(10, -1);
    expect(part(({ clock }) => clock < 0)).toBeCloseTo(10, -1);
    expect([0, 1, 2].map((place) => Math.round(part(({ root }) => root === place) / 25))).toEqual([1, 1, 2]);
    expect(new Set(fleet.map(({ id }) => id)).size).toBe(4000);
  });
});
