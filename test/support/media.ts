import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Name } from '../../src/core/names.ts';
import { silent } from '../../src/core/progress.ts';
import { type CreateOptions, createMedium, type MediumReport } from '../../src/media/create.ts';
import { writeFolder } from '../../src/media/folder.ts';
import type { SliceRequest } from '../../src/media/slice.ts';
import type { Trust } from '../../src/repository/trust.ts';
import { NOW } from './forge.ts';
import {
  HARDWARE,
  makeBundle,
  name,
  noise,
  PRODUCT,
  type PublishTest,
  patched,
  publishUnseen,
  STABLE,
  version,
} from './release.ts';
import type { WritableStore } from './writable-store.ts';

export const OTHER_HARDWARE = name('gw-b2');
export const MEDIA_VERSIONS = ['1.0.0', '1.1.0', '2.0.0'] as const;
export type MediaVersion = (typeof MEDIA_VERSIONS)[number];

/** The images of a release of two hardware models: boot never changes, linux and radio do, and each model has an app of its own. */
export const mediaImages = (release: MediaVersion): Readonly<Record<string, Uint8Array>> => {
  const mark = MEDIA_VERSIONS.indexOf(release) + 1;
  return {
    boot: noise(1, 2000),
    linux: patched(noise(2, 9000), mark),
    radio: patched(noise(3, 3000), mark),
    'app-a': patched(noise(4, 3000), mark),
    'app-b': patched(noise(5, 3000), mark),
  };
};

const MODEL: Readonly<Record<string, Name>> = { 'app-a': HARDWARE, 'app-b': OTHER_HARDWARE };

/** Publishes a release of it. */
export async function publishMediaRelease(
  folder: string,
  release: MediaVersion,
  store: WritableStore,
  trust: Trust,
  options: Partial<PublishTest> = {},
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const components = Object.entries(mediaImages(release)).map(([key, image]) => {
    const model = MODEL[key];
    const more = model ? { hardware: [model] } : key === 'boot' ? { version: version('1.0.0') } : {};
    return [key, { image, ...more }] as const;
  });
  const path = await makeBundle(folder, {
    version: release,
    hardware: [HARDWARE, OTHER_HARDWARE],
    components: Object.fromEntries(components),
  });
  await publishUnseen(path, { trust, scratch: join(folder, 'scratch'), ...options, store });
}

/** What a medium is asked for: for any device, unless it says otherwise. */
export const mediaRequest = ({
  bases = [],
  ...more
}: Partial<SliceRequest> & { readonly bases?: readonly string[] } = {}): SliceRequest => ({
  product: PRODUCT,
  channels: [STABLE],
  from: bases.map(version),
  full: false,
  ...more,
});

/** Makes a medium in a folder, unless the options say otherwise. */
export const makeMedium = (
  request: SliceRequest,
  options: Pick<CreateOptions, 'store' | 'trust' | 'path'> & Partial<CreateOptions>,
): Promise<MediumReport> =>
  createMedium({
    requests: [request],
    write: writeFolder,
    writing: {},
    force: false,
    dryRun: false,
    now: NOW,
    progress: silent,
    ...options,
  });
