import { beforeAll, describe, expect, test } from 'vitest';
import { silent } from '../../../src/core/progress.ts';
import { type PreviewOptions, previewUpdate } from '../../../src/device/preview.ts';
import type { Store } from '../../../src/storage/store.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { refusal } from '../../support/client.ts';
import { NOW } from '../../support/forge.ts';
import { HARDWARE, name, PRODUCT, STABLE, update, version } from '../../support/release.ts';
import { makeScenario, type Scenario } from '../../support/scenario.ts';

let scenario: Scenario;
let store: Store;

beforeAll(async () => {
  scenario = await makeScenario(await temporaryFolder());
  store = scenario.store.copy();
  await scenario.publish('1.1.0', store);
});

const preview = (options: Partial<PreviewOptions> = {}) =>
  previewUpdate({
    store,
    rootBytes: scenario.trust.roots[0] as Uint8Array,
    product: PRODUCT,
    hardware: HARDWARE,
    channel: STABLE,
    now: NOW,
    progress: silent,
    ...options,
  });

describe('what a device would do is what it does', () => {
  test('a device that has the release before takes deltas where there are some', async () => {
    const seen = await preview({ from: version('1.0.0') });
    const done = await update(scenario.device(), store, scenario.trust);
    expect(seen.components.map(({ component, action, bytes }) => [component, action, bytes])).toEqual(
      done.components.map(({ component, action, bytes }) => [component, action, bytes]),
    );
    expect(seen.components.map(({ component, action, reason }) => [component, action, reason])).toEqual([
      ['boot', 'full', 'no-delta'],
      ['radio', 'delta', undefined],
    ]);
    expect(seen).toMatchObject({ from: '1.0.0', to: '1.1.0', changed: true });
    expect(seen.downloadBytes).toBe(done.downloadedBytes);
  });

  test('a new device takes all in full', async () => {
    const seen = await preview();
    expect(seen.components.map(({ reason }) => reason)).toEqual(['nothing-installed', 'nothing-installed']);
    expect(seen).not.toHaveProperty('from');
  });

  test('a device that has the release has nothing to do', async () => {
    const seen = await preview({ from: version('1.1.0') });
    expect(seen).toMatchObject({ changed: false, downloadBytes: 0 });
    expect(seen.components.map(({ action }) => action)).toEqual(['keep', 'keep']);
  });
});

describe('what a device would refuse is refused with the same code', () => {
  test('a release for other hardware', async () => {
    const error = await refusal(() => preview({ hardware: name('gw-z9') }));
    expect(error).toMatchObject({ code: 'hardware-mismatch', exitCode: 4 });
  });

  test('a channel that nobody vouches for', async () => {
    expect(await refusal(() => preview({ channel: name('beta') }))).toMatchObject({
      code: 'channel-unlisted',
    });
  });

  test('a release that the device is said to have and that was never published', async () => {
    expect(await refusal(() => preview({ from: version('0.9.0') }))).toMatchObject({
      code: 'target-unlisted',
    });
  });

  test('a repository that has expired, at a time when it was not yet one that had', async () => {
    const late = NOW + 40 * 86_400;
    expect(await refusal(() => preview({ now: late }))).toMatchObject({ code: 'role-expired' });
  });
});
