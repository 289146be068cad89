import { beforeAll, describe, expect, it, vi } from 'vitest';
import { OtaError } from '../../../src/core/errors.ts';
import { DAY } from '../../../src/core/time.ts';
import { type Fleet, FleetPart } from '../../../src/simulate/part.ts';
import { remembered } from '../../../src/simulate/remembered.ts';
import { joinedRuns, type Run } from '../../../src/simulate/run.ts';
import { runInThreads } from '../../../src/simulate/threads.ts';
import type { ReadStore } from '../../../src/storage/store.ts';
import { refusal } from '../../support/client.ts';
import { sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import {
  anchorOf,
  HARDWARE,
  makeBundle,
  makeTrust,
  PRODUCT,
  publishFile,
  STABLE,
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
const worker = new URL('../../support/simulate-worker.mjs', import.meta.url);
const release = { hardware: [HARDWARE] };
/** New devices and such with each release, some whose clock is wrong. */
const fleet: Fleet = {
  shape: {
    devices: 500,
    seed: 'threads',
    shares: [
      { ...release, weight: 1 },
      { ...release, weight: 2, release: version('1.0.0') },
      { ...release, weight: 1, release: version('2.0.0') },
    ],
    clockOff: 20,
    clockBy: 365 * DAY,
    roots: 1,
    rootBehind: 0,
  },
  times: [NOW, NOW + DAY],
  product: PRODUCT,
  channel: STABLE,
  start: NOW,
  roots: [anchorOf(trust)],
};
let alone: Run;

beforeAll(async () => {
  for (const one of ['1.0.0', '2.0.0', '3.0.0'] as const) {
    const path = await makeBundle(folder, wayRelease(one));
    await publishFile(path, { store, trust, strand: true, scratch: `${folder}/scratch` });
  }
  alone = await new FleetPart(fleet, remembered(store)).run(0, 500);
  expect(alone.updates.length).toBeGreaterThan(2);
  expect(alone.refusals).toMatchObject([{ code: 'role-expired' }]);
});

const parts = (size: number) =>
  Array.from({ length: Math.ceil(500 / size) }, (_, place): [number, number] => [
    place * size,
    Math.min(500, (place + 1) * size),
  ]);

const inThreads = async (from: ReadStore, threads: number, size: number) => {
  const runs: Run[] = [];
  const take = (run: Run) => runs.push(run);
  await runInThreads({ fleet, store: from, parts: parts(size), threads, worker, take });
  return { runs: runs.length, sum: runs.reduce(joinedRuns) };
};

describe('parts of a fleet', () => {
  it.each([1, 70, 250])('of %i devices make the same as the whole', async (size) => {
    const part = new FleetPart(fleet, remembered(store));
    const runs: Run[] = [];
    for (const [first, end] of parts(size).toReversed()) runs.push(await part.run(first, end));
    expect(runs.reduce(joinedRuns)).toEqual(alone);
  });

  it.each([
    [1, 500],
    [2, 90],
  ])('make the same in %i threads, and each object is asked for once', async (threads, size) => {
    store.requests.length = 0;
    const { runs, sum } = await inThreads(remembered(store), threads, size);
    expect(runs).toBe(Math.ceil(500 / size));
    expect(sum).toEqual(alone);
    expect(new Set(store.requests).size).toBe(store.requests.length);
    expect(store.requests.length).toBeGreaterThan(5);
  });

  it('end with what the store refused, in whichever thread, and leave no thread', async () => {
    const down: ReadStore = {
      url: store.url,
      read: async () => {
        throw new OtaError('store-unreachable', 'no network', { where: 'here', hint: 'Wait.' });
      },
      stream: async () => undefined,
      stat: async () => undefined,
    };
    expect(await refusal(() => inThreads(down, 2, 250))).toMatchObject({
      code: 'store-unreachable',
      message: 'no network',
      where: 'here',
      hint: 'Wait.',
    });
  });
});
