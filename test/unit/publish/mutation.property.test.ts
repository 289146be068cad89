import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { sha256 } from '../../../src/core/digest.ts';
import { OtaError } from '../../../src/core/errors.ts';
import { refresh } from '../../../src/device/client/refresh.ts';
import { memoryState } from '../../../src/device/client/state.ts';
import type { ReadStore } from '../../../src/storage/store.ts';
import { sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { anchorOf, update } from '../../support/release.ts';
import { discard, imagesOf, makeScenario, type Scenario, slotsOf } from '../../support/scenario.ts';
import { clientFolder, tufJs } from '../../support/tuf-js.ts';
import type { WritableStore } from '../../support/writable-store.ts';

vi.mock('../../../src/keys/ed25519.ts', async (original) =>
  (await import('../../support/memoized.ts')).memoized(
    await original<typeof import('../../../src/keys/ed25519.ts')>(),
  ),
);

const folder = sharedFolder();
let scenario: Scenario;
let store: WritableStore;
let root: Uint8Array;
/** Every target of the repository with the digest of its bytes, as a client of the honest store gets them. */
let honest: ReadonlyMap<string, string>;
beforeAll(async () => {
  scenario = await makeScenario(folder);
  store = scenario.store.copy();
  await scenario.publish('1.1.0', store);
  root = anchorOf(scenario.trust);
  honest = await takeAll(store);
});

const targetPathsOf = async (from: ReadStore) => {
  const repository = await refresh({ store: from, state: memoryState(root), now: NOW });
  const roles = ['targets', 'gateway', 'gateway.channels'];
  const paths: string[] = [];
  for (const role of roles) paths.push(...(await repository.role(role)).signed.targets.keys());
  return { repository, paths };
};

/** All that the reference client gets out of a store: everything, or a refusal. */
async function takeAll(from: ReadStore): Promise<ReadonlyMap<string, string>> {
  const { repository, paths } = await targetPathsOf(from);
  const found = new Map<string, string>();
  for (const path of paths) found.set(path, sha256(await repository.read(await repository.get(path))));
  return found;
}

/** The same for tuf-js, which is asked for the targets of the honest store. */
async function tufJsTakesAll(from: ReadStore): Promise<ReadonlyMap<string, string>> {
  const updater = tufJs(from, clientFolder(root), NOW);
  await updater.refresh();
  const found = new Map<string, string>();
  for (const path of honest.keys()) {
    const target = await updater.getTargetInfo(path);
    if (target) found.set(path, sha256(readFileSync(await updater.downloadTarget(target))));
  }
  return found;
}

/** The store with one byte of one object changed. */
function mutated(key: string, at: number, flip: number): MemoryStore {
  const copy = new MemoryStore(store.objects);
  const bytes = Uint8Array.from(store.objects.get(key) ?? []);
  const place = at % bytes.length;
  bytes[place] = (bytes[place] ?? 0) ^ flip;
  copy.objects.set(key, bytes);
  return copy;
}

const place = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }));

/** What a client that starts from the first root reads: all but that root, and but the metadata of 1.0.0, which is no more. */
const KINDS: readonly (readonly [string, RegExp, number])[] = [
  ['timestamp', /^metadata\/timestamp\.json$/, 150],
  ['snapshot', /^metadata\/2\.snapshot\.json$/, 100],
  ['targets', /^metadata\/1\.targets\.json$/, 100],
  ['product', /^metadata\/2\.gateway\.json$/, 100],
  ['channels', /^metadata\/2\.gateway\.channels\.json$/, 100],
  ['manifest', /\.manifest\.json$/, 60],
  ['signatures', /\.signatures\.json$/, 60],
  ['channel', /\.stable\.json$/, 60],
  ['payload', /\.(?:boot|radio)$/, 60],
  ['delta', /\.otad$/, 60],
];
/** Whether a client reads an object: a target of an earlier channel, say, it does not. */
const isUsed = (key: string): boolean =>
  key.startsWith('metadata/') || [...honest.values()].includes(key.split('/').at(-1)?.slice(0, 64) ?? '');
const keysOfKind = (pattern: RegExp) => store.keys().filter((key) => pattern.test(key) && isUsed(key));
const refusalOf = async (mutant: MemoryStore): Promise<number | string> => {
  try {
    await takeAll(mutant);
  } catch (error) {
    if (error instanceof OtaError) return error.exitCode;
    throw error;
  }
  return 'accepted';
};

describe.each(KINDS)('any byte of the %s changed', (_, pattern, numRuns) => {
  it('is refused by the reference client', async () => {
    const keys = keysOfKind(pattern);
    expect(keys.length).toBeGreaterThan(0);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...keys), place, async (key, [at, flip]) => {
        expect(await refusalOf(mutated(key, at, flip))).toBe(4);
      }),
      { numRuns },
    );
  });

  it('is refused by tuf-js, or makes no difference to it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...keysOfKind(pattern)), place, async (key, [at, flip]) => {
        const found = await tufJsTakesAll(mutated(key, at, flip)).catch(() => honest);
        expect(found).toEqual(honest);
      }),
      { numRuns: 6 },
    );
  });
});

it('nothing else lies in the store but what is no longer read, and the first root', () => {
  const used = KINDS.flatMap(([, pattern]) => keysOfKind(pattern));
  const others = store.keys().filter((key) => !used.includes(key));
  expect(others.map((key) => key.replace(/[0-9a-f]{64}/, 'DIGEST'))).toEqual([
    'metadata/1.gateway.channels.json',
    'metadata/1.gateway.json',
    'metadata/1.root.json',
    'metadata/1.snapshot.json',
    'targets/gateway/channels/DIGEST.stable.json',
  ]);
});

it('a root of which any byte was changed is no anchor', async () => {
  await fc.assert(
    fc.asyncProperty(place, async ([at, flip]) => {
      const other = Uint8Array.from(root);
      other[at % other.length] = (other[at % other.length] ?? 0) ^ flip;
      const state = memoryState(other);
      await expect(refresh({ store, state, now: NOW })).rejects.toMatchObject({ exitCode: 4 });
    }),
    { numRuns: 150 },
  );
});

it('a delta of which any byte was changed leads a device to the right image, in full', async () => {
  const [key = ''] = keysOfKind(/\.otad$/);
  await fc.assert(
    fc.asyncProperty(place, async ([at, flip]) => {
      const device = scenario.device();
      await update(device, mutated(key, at, flip), scenario.trust);
      expect(slotsOf(device)).toEqual(imagesOf('1.1.0'));
      discard(device);
    }),
    { numRuns: 10 },
  );
});
