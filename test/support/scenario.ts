import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { TIMESTAMP_KEY } from '../../src/repository/layout.ts';
import { parseTimestamp } from '../../src/repository/parse-meta.ts';
import type { Trust } from '../../src/repository/trust.ts';
import type { ReadStore, Store } from '../../src/storage/store.ts';
import { type Counts, fileCounts, noCounts } from './counts.ts';
import { filesBelow, sharedFolder } from './folder.ts';
import { NOW } from './forge.ts';
import {
  anchorOf,
  makeBundle,
  makeTrust,
  noise,
  type PublishTest,
  patched,
  publishFile,
  publishUnseen,
  update,
} from './release.ts';
import { tufJsAccepts } from './tuf-js.ts';
import { WritableStore } from './writable-store.ts';

const OLD = { boot: noise(1, 700), radio: noise(2, 2000) };
/** Just large enough to be copied inside a store rather than sent again. */
const FONT = noise(5, 64 * 1024);

/** The images of releases of a product of two components: one ships in full, one as a delta. */
export const IMAGES = {
  '1.0.0': OLD,
  '1.1.0': { boot: noise(3, 700), radio: patched(OLD.radio, 1) },
  '1.2.0': { boot: noise(4, 700), radio: patched(OLD.radio, 2) },
} as const;
export type ScenarioVersion = keyof typeof IMAGES;

/** Bundles of three releases, a store that holds the first, and a device that has it. */
export interface Scenario {
  /** Where all of it is. */
  readonly folder: string;
  readonly counts: Counts;
  readonly trust: Trust;
  readonly bundles: Readonly<Record<ScenarioVersion, string>>;
  /** Holds 1.0.0; to be copied. */
  readonly store: WritableStore;
  publish(
    version: ScenarioVersion,
    store: Store,
    options?: Partial<PublishTest>,
  ): ReturnType<typeof publishFile>;
  /** As `publish`, without having tuf-js look at the store. */
  publishUnseen: Scenario['publish'];
  /** A new copy of the device that has 1.0.0; gives its folder. */
  device(): string;
  /** Updates a device and requires that all of it is one release, and that tuf-js takes it as well; gives its version. */
  consistent(
    device: string,
    store: ReadStore,
    options?: Parameters<typeof update>[3],
  ): Promise<ScenarioVersion>;
}

/** For a file of test/faults, at its top: its counts are printed at the end of the run. */
export const faultScenario = (options: ScenarioOptions = {}): Promise<Scenario> =>
  makeScenario(sharedFolder(), fileCounts(), options);

interface ScenarioOptions {
  /** With a third component, the same in all releases, whose payload is copied inside the store. */
  readonly copied?: boolean;
}

export async function makeScenario(
  folder: string,
  counts: Counts = noCounts(),
  { copied = false }: ScenarioOptions = {},
): Promise<Scenario> {
  const trust = await makeTrust();
  const bundle = (version: ScenarioVersion) =>
    makeBundle(folder, {
      version,
      components: {
        boot: { image: IMAGES[version].boot, delta: false },
        ...(copied ? { font: { image: FONT, delta: false } } : {}),
        radio: { image: IMAGES[version].radio },
      },
    });
  const bundles = {
    '1.0.0': await bundle('1.0.0'),
    '1.1.0': await bundle('1.1.0'),
    '1.2.0': await bundle('1.2.0'),
  };
  const store = new WritableStore();
  const publish: Scenario['publish'] = (version, into, options = {}) =>
    publishFile(bundles[version], { trust, scratch: join(folder, 'scratch'), ...options, store: into });
  await publish('1.0.0', store);
  const original = join(folder, 'device');
  await update(original, store, trust);
  let devices = 0;
  return {
    folder,
    counts,
    trust,
    bundles,
    store,
    publish,
    publishUnseen: (version, into, options = {}) =>
      publishUnseen(bundles[version], { trust, scratch: join(folder, 'scratch'), ...options, store: into }),
    device: () => {
      const copy = join(folder, `device-${devices}`);
      devices += 1;
      cpSync(original, copy, { recursive: true });
      return copy;
    },
    consistent: async (device, from, options) => {
      const { to } = await update(device, from, trust, options);
      const version = to as string as ScenarioVersion;
      const images = imagesOf(version);
      expect(slotsOf(device)).toEqual(copied ? images.set('font', Buffer.from(FONT)) : images);
      await tufJsAccepts(from, anchorOf(trust), options?.now ?? NOW);
      counts.devices += 1;
      return version;
    },
  };
}

/** The version of a store's timestamp. */
export const timestampVersion = ({ objects }: Pick<WritableStore, 'objects'>): number =>
  parseTimestamp(objects.get(TIMESTAMP_KEY) ?? new Uint8Array(), 'timestamp').signed.version;

export const imagesOf = (version: ScenarioVersion): Map<string, Buffer> =>
  new Map(Object.entries(IMAGES[version]).map(([key, image]) => [key, Buffer.from(image)]));

export const slotsOf = (device: string): Map<string, Buffer> => filesBelow(join(device, 'slots'));

export const discard = (device: string): void => rmSync(device, { recursive: true });
