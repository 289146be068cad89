import { beforeAll, expect, it, vi } from 'vitest';
import { OtaError } from '../../src/core/errors.ts';
import { parseTargets } from '../../src/repository/parse-targets.ts';
import { sharedFolder } from '../support/folder.ts';
import { NOW } from '../support/forge.ts';
import { imagesOf, makeScenario, type Scenario, type ScenarioVersion, slotsOf } from '../support/scenario.ts';
import type { Fate, WritableStore } from '../support/writable-store.ts';

vi.mock('../../src/keys/ed25519.ts', async (original) =>
  (await import('../support/memoized.ts')).memoized(
    await original<typeof import('../../src/keys/ed25519.ts')>(),
  ),
);
vi.mock('node:fs/promises', async (original) =>
  (await import('../support/faulty-fs.ts')).faultyFs(await original<typeof import('node:fs/promises')>()),
);

let scenario: Scenario;
const folder = sharedFolder();
beforeAll(async () => {
  scenario = await makeScenario(folder);
});

/** What the newest role of the product lists, by version. */
function releasesIn(store: WritableStore): string[] {
  const [newest = ''] = store
    .keys('metadata/')
    .filter((key) => /^metadata\/\d+\.gateway\.json$/.test(key))
    .sort((a, b) => Number(b.split(/[/.]/)[1]) - Number(a.split(/[/.]/)[1]));
  const { signed } = parseTargets(store.objects.get(newest) ?? new Uint8Array(), newest);
  return [...signed.targets.keys()].flatMap(
    (path) => /^gateway\/(.*)\/manifest\.json$/.exec(path)?.[1] ?? [],
  );
}

/** Publishes one release and, before its request of that number, another one whole. */
async function overtaken(number: number, slow: ScenarioVersion, fast: ScenarioVersion) {
  const store = scenario.store.copy();
  store.fate = async (at): Promise<Fate> => {
    if (at !== number) return 'do';
    store.fate = () => 'do';
    await scenario.publish(fast, store, { scratch: `${folder}/fast` });
    return 'do';
  };
  const outcome = await scenario.publish(slow, store).then(
    () => 'won',
    (error: unknown) => error,
  );
  return { store, outcome };
}

it('of two publishers from the same base one wins, wherever they meet, and nothing is lost', async () => {
  const [slow, fast] = ['1.1.0', '1.2.0'] as const;
  const alone = scenario.store.copy();
  await scenario.publish(slow, alone);
  const outcomes = { won: 0, conflict: 0 };
  for (const [index, request] of alone.requests.entries()) {
    const number = index + 1;
    // Between two reads nothing differs.
    if (index > 1 && !/^(?:create|replace) /.test(request)) continue;
    const { store, outcome } = await overtaken(number, slow, fast);
    const device = scenario.device();
    if (outcome === 'won') {
      outcomes.won += 1;
    } else {
      outcomes.conflict += 1;
      if (!(outcome instanceof OtaError)) throw outcome;
      expect(outcome).toMatchObject({ code: 'store-conflict', exitCode: 6 });
      expect(outcome.hint).toContain('Run the same command again');
      expect(await scenario.consistent(device, store)).toBe(fast);
      await scenario.publish(slow, store, { now: NOW + 60 });
    }
    expect(await scenario.consistent(device, store, { now: NOW + 60 })).toBe(slow);
    expect(slotsOf(device)).toEqual(imagesOf(slow));
    expect(releasesIn(store).sort()).toEqual(['1.0.0', '1.1.0', '1.2.0']);
  }
  // One that has not read the timestamp yet starts from the other's.
  expect(outcomes.won).toBeGreaterThan(0);
  expect(outcomes.conflict).toBeGreaterThan(8);
});

it('of two that start at the same moment one wins, or both when one is done before the other begins', async () => {
  const store = scenario.store.copy();
  const outcomes = await Promise.allSettled([
    scenario.publish('1.1.0', store, { scratch: `${folder}/a` }),
    scenario.publish('1.2.0', store, { scratch: `${folder}/b` }),
  ]);
  const failed = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  expect(failed).toHaveLength(1);
  expect(failed[0]).toMatchObject({ code: 'store-conflict' });
  // Whoever lost runs the same command again, on top of the winner.
  await scenario.publish(outcomes[0].status === 'rejected' ? '1.1.0' : '1.2.0', store);
  expect(releasesIn(store).sort()).toEqual(['1.0.0', '1.1.0', '1.2.0']);
});

it('two that publish the very same thing both end well, or one is told to look again', async () => {
  const store = scenario.store.copy();
  const outcomes = await Promise.allSettled([
    scenario.publish('1.1.0', store, { scratch: `${folder}/a` }),
    scenario.publish('1.1.0', store, { scratch: `${folder}/b` }),
  ]);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'store-conflict' });
  }
  expect((await scenario.publish('1.1.0', store)).changed).toBe(false);
  expect(await scenario.consistent(scenario.device(), store)).toBe('1.1.0');
});
