import type { Worker } from 'node:worker_threads';
import { afterEach, expect, it } from 'vitest';
import { CpuShare } from '../../src/delta/choose/cpu-share.ts';
import type { DeltaPool } from '../../src/delta/choose/pool.ts';
import { testPool } from '../support/pool.ts';
import { update } from '../support/release.ts';
import { faultScenario } from '../support/scenario.ts';
import type { WritableStore } from '../support/writable-store.ts';

const scenario = await faultScenario();

let pool: DeltaPool | undefined;
let kill: ((worker: Worker) => void) | undefined;
afterEach(async () => {
  if (kill) process.off('worker', kill);
  await pool?.close();
});

/** What makes deltas in threads, each of which is ended as soon as it has reached a moment. */
function doomed(moment: (worker: Worker, end: () => void) => void) {
  let killed = 0;
  kill = (worker) =>
    moment(worker, () => {
      killed++;
      scenario.counts.faults += 1;
      void worker.terminate();
    });
  process.on('worker', kill);
  pool = testPool();
  return { maker: { runner: pool, cpu: new CpuShare() }, killed: () => killed };
}

const deltasOf = (store: WritableStore, version: string) =>
  store.keys(`targets/gateway/${version}/`).filter((key) => key.includes('.from.'));

it.each<[string, (worker: Worker, end: () => void) => void]>([
  ['before it runs', (_, end) => end()],
  ['as soon as it runs', (worker, end) => void worker.once('online', end)],
  ['while it works', (worker, end) => void worker.prependOnceListener('message', end)],
])('killed %s: the release ships, in full alone, and the next one by a delta again', async (when, moment) => {
  const store = scenario.store.copy();
  const { maker, killed } = doomed(moment);
  const report = await scenario.publish('1.1.0', store, { maker });
  expect(killed()).toBe(1);
  // What it had finished by then counts.
  const outcome = when === 'while it works' ? report.deltas[0]?.result : 'killed';
  expect(report.deltas).toMatchObject([{ component: 'radio', result: outcome }]);
  expect(deltasOf(store, '1.1.0')).toHaveLength(outcome === 'killed' ? 0 : 1);
  const device = scenario.device();
  const { components } = await update(device, store, scenario.trust);
  const action = outcome === 'killed' ? 'full' : 'delta';
  expect(components.map((item) => [item.component, item.action])).toEqual([
    ['boot', 'full'],
    ['radio', action],
  ]);
  expect(await scenario.consistent(device, store)).toBe('1.1.0');

  expect((await scenario.publish('1.1.0', store, { maker })).changed).toBe(false);
  if (kill) process.off('worker', kill);
  const next = await scenario.publish('1.2.0', store, { maker });
  expect(next.deltas.map(({ result }) => result)).toEqual(['shipped', 'shipped']);
  expect(await scenario.consistent(device, store)).toBe('1.2.0');
});
