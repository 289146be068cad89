import { expect, it, vi } from 'vitest';
import { fleetLines } from '../../../src/cli/views/fleet.ts';
import { simulationLines } from '../../../src/cli/views/simulation.ts';
import { updateLines } from '../../../src/cli/views/update.ts';
import { previewLines } from '../../../src/cli/views/verify-device.ts';
import { silent } from '../../../src/core/progress.ts';
import { DAY } from '../../../src/core/time.ts';
import { previewUpdate } from '../../../src/device/preview.ts';
import { planFleet } from '../../../src/publish/fleet.ts';
import { simulate } from '../../../src/simulate/simulate.ts';
import { sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import { gatewayRelease } from '../../support/gateway.ts';
import {
  anchorOf,
  HARDWARE,
  makeBundle,
  makeTrust,
  PRODUCT,
  publishFile,
  STABLE,
  update,
  version,
} from '../../support/release.ts';
import { WritableStore } from '../../support/writable-store.ts';

vi.mock('../../../src/keys/ed25519.ts', async (original) => {
  const { memoized } = await import('../../support/memoized.ts');
  return memoized(await original());
});

const folder = sharedFolder();
const trust = await makeTrust();

it('what a device would do, the fleet’s plan and the simulation count the restarts that a device makes', async () => {
  const store = new WritableStore();
  const device = `${folder}/device`;
  const publish = async (one: '1.1.0' | '2.0.0' | '2.1.0') =>
    publishFile(await makeBundle(folder, gatewayRelease(one)), {
      store,
      trust,
      scratch: `${folder}/scratch`,
    });
  await publish('1.1.0');
  const first = await update(device, store, trust, { playReboots: true });
  await publish('2.0.0');

  const previewed = (from: string) =>
    previewUpdate({
      store,
      rootBytes: anchorOf(trust),
      product: PRODUCT,
      hardware: HARDWARE,
      channel: STABLE,
      from: version(from),
      now: NOW,
      progress: silent,
    });
  const preview = await previewed('1.1.0');
  const plan = await planFleet({ store, trust, product: PRODUCT, channel: STABLE, now: NOW });
  const simulation = await simulate({
    store,
    trust,
    product: PRODUCT,
    channel: STABLE,
    devices: 30,
    seed: '1',
    mix: new Map([['1.1.0', 1]]),
    start: NOW,
    every: DAY,
    clockOff: 0,
    clockBy: DAY,
    rootBehind: 0,
    threads: 1,
    progress: silent,
  });

  const begun = await update(device, store, trust);
  const report = await update(device, store, trust, { playReboots: true });
  expect(first.reboots).toBe(2);
  // What was installed before a restart is not told as kept.
  expect(first.components.map(({ action, bytes, imageBytes }) => [action, bytes === imageBytes])).toEqual(
    Array.from({ length: 6 }, () => ['full', true]),
  );
  expect(begun.rebootRequired?.after).toEqual(['boot']);
  expect(report.reboots).toBe(1);
  expect(preview.reboots).toBe(2);
  expect(plan.ways.map(({ hops }) => hops)).toMatchObject([[{ to: '2.0.0', reboots: 2 }], []]);
  expect(simulation.moments).toMatchObject([{ updated: 30, reboots: 60 }]);
  expect(simulation.updates).toMatchObject([{ devices: 30, reboots: 60 }]);

  // A bootloader that stays asks for no restart.
  await publish('2.1.0');
  expect(await previewed('2.0.0')).toMatchObject({ to: '2.1.0', reboots: 1 });

  expect(previewLines(preview).at(-2)).toMatch(/would download 834 B, restarting 2 times$/);
  expect(fleetLines(plan)[0]).toContain('restarts');
  expect(simulationLines(simulation).join('\n')).toMatch(/1\.1\.0 +2\.0\.0 +gw-a1 +30 +834 B +2\n/);
  const said = updateLines(begun, 1);
  expect(said.at(-2)).toMatch(/^On the way from 1\.1\.0 to gateway 2\.0\.0: 834 B downloaded/);
  expect(said.at(-1)).toBe(
    'Restart the device for boot, then run the same command again: kernel, modules, rtos, radio, app come after it.',
  );
  expect(said.filter((line) => line.includes('after the restart'))).toHaveLength(5);
  expect(updateLines(report, 1).at(-1)).toMatch(
    /^Updated from 1\.1\.0 to gateway 2\.0\.0: .*, restarted once$/,
  );
});
