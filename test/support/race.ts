import { expect } from 'vitest';
import { metadataKey, TIMESTAMP_KEY } from '../../src/repository/layout.ts';
import { parseSnapshot, parseTimestamp } from '../../src/repository/parse-meta.ts';
import { parseTargets } from '../../src/repository/parse-targets.ts';
import type { Store } from '../../src/storage/store.ts';
import { NOW } from './forge.ts';
import { publisherProgram } from './publishers.ts';
import { anchorOf, makeBundle, noise, patched, update } from './release.ts';
import type { Scenario } from './scenario.ts';
import { tufJsAccepts } from './tuf-js.ts';

const MANY = 20;
const RADIO = noise(1, 3_000);

/**
 * Has twenty processes publish a release each to a store that holds 1.0.0, all from the same moment on, and requires that all of them
 * succeed, that each release is there, and that versions rose by one with each.
 *
 * @param at how a process of its own finds the store
 */
export async function raceOfTwenty(
  { folder, trust, counts, device }: Scenario,
  store: Store,
  at: { readonly store: string; readonly endpoint?: string },
): Promise<void> {
  const start = await publisherProgram();
  const versions = Array.from({ length: MANY }, (_, index) => `2.${index}.0`);
  const bundles: string[] = [];
  for (const [index, version] of versions.entries()) {
    const components = { radio: { image: patched(RADIO, index) } };
    bundles.push(await makeBundle(folder, { version, components }));
  }
  const publishers = await Promise.all(bundles.map((bundle) => start({ ...at, trust, bundle })));
  const began = performance.now();
  for (const publisher of publishers) publisher.go();
  const results = await Promise.all(publishers.map(({ result }) => result));
  const seconds = (performance.now() - began) / 1000;
  counts.publishers += MANY;

  const reports = results.filter((result) => typeof result === 'object');
  expect(results.filter((result) => typeof result === 'string')).toEqual([]);
  const timestamps = reports.map(({ roles }) => roles.find(({ role }) => role === 'timestamp')?.version);
  expect(timestamps.sort((a = 0, b = 0) => a - b)).toEqual(versions.map((_, index) => index + 2));
  expect(await releasesIn(store)).toEqual(['1.0.0', ...versions].sort());
  await tufJsAccepts(store, anchorOf(trust), NOW);
  const { to } = await update(device(), store, trust);
  expect(versions).toContain(to);
  counts.devices += 1;
  const overtaken = reports.reduce((sum, report) => sum + report.overtaken, 0);
  console.info(
    `${MANY} publishers at once in ${seconds.toFixed(1)} s: all succeeded, overtaken ${overtaken} times in all, ` +
      `${Math.max(...reports.map((report) => report.overtaken))} times at most`,
  );
}

/** The releases that the product's role lists, as the timestamp leads to it. */
async function releasesIn(store: Store): Promise<string[]> {
  const read = async (key: string) => (await store.read(key, 2 ** 24))?.bytes ?? new Uint8Array();
  const timestamp = parseTimestamp(await read(TIMESTAMP_KEY), 'timestamp').signed;
  const snapshot = parseSnapshot(
    await read(metadataKey('snapshot', timestamp.snapshot.version)),
    'snapshot',
  ).signed;
  const { version = 0 } = snapshot.meta.get('gateway') ?? {};
  const { targets } = parseTargets(await read(metadataKey('gateway', version)), 'gateway').signed;
  return [...targets.keys()]
    .flatMap((path) => /^gateway\/(.*)\/manifest\.json$/.exec(path)?.[1] ?? [])
    .sort();
}
