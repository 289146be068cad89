import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { withOpenBundle } from '../../../src/bundle/files.ts';
import type { DeltaFormat } from '../../../src/core/delta-formats.ts';
import { silent } from '../../../src/core/progress.ts';
import { updateDevice } from '../../../src/device/update.ts';
import { deltaJobs, makeDeltas } from '../../../src/publish/deltas.ts';
import { releasesOf } from '../../../src/publish/releases.ts';
import { loadState } from '../../../src/publish/repository-state.ts';
import { refusal } from '../../support/client.ts';
import { freshFolder, sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import {
  anchorOf,
  makeBundle,
  makeTrust,
  name,
  noise,
  PRODUCT,
  patched,
  publishFile,
} from '../../support/release.ts';
import { WritableStore } from '../../support/writable-store.ts';

const bundles = sharedFolder();
const folder = freshFolder();
const trust = await makeTrust();
const store = new WritableStore();
const A = noise(1, 3000);
const B = patched(A, 5);
const C = patched(A, 6);

/** 1.0.0 has A, 1.1.0 and 1.2.0 have B; nothing that is made from them has anything but C. */
beforeAll(async () => {
  for (const [version, image] of [
    ['1.0.0', A],
    ['1.1.0', B],
    ['1.2.0', B],
  ] as const) {
    const path = await makeBundle(bundles, {
      version,
      components: { radio: { image, compression: 'zstd' } },
    });
    await publishFile(path, { store, trust, deltasFrom: 0, scratch: `${bundles}/scratch` });
  }
});

/** The jobs and results for a bundle of 2.0.0. */
async function forBundle(
  component: Parameters<typeof makeBundle>[1]['components'][string],
  releases = 3,
  explain = false,
) {
  const path = await makeBundle(folder.at(), { version: '2.0.0', components: { radio: component } });
  return withOpenBundle(path, async (bundle) => {
    const state = await loadState(store, trust, PRODUCT, NOW);
    const role = state.product?.signed;
    const jobs = deltaJobs(role, releasesOf(role), bundle.manifest.components, releases);
    const scratch = folder.at('scratch');
    mkdirSync(scratch, { recursive: true });
    const { repository } = state.live ?? {};
    if (!repository) throw new Error('nothing is published');
    const made = await makeDeltas({
      bundle,
      repository,
      role,
      deltasFrom: releases,
      scratch,
      progress: silent,
      explain,
    });
    const results = made.outcomes.map((outcome) => ({
      outcome,
      made: made.made.find(
        ({ custom }) =>
          custom.delta.base.sha256 ===
          jobs.find((job) => job.fromRelease === outcome.fromRelease)?.from.image.sha256,
      ),
    }));
    return { jobs: jobs.map(({ fromRelease }) => fromRelease), results, left: readdirSync(scratch) };
  });
}

it('a device takes a delta of a format that it reads, and the full payload where there is none', async () => {
  const path = await makeBundle(folder.at(), {
    version: '2.0.0',
    components: { radio: { image: C, delta: { formats: ['bsdiff40'] } } },
  });
  const shared = store.copy();
  await publishFile(path, { store: shared, trust, deltasFrom: 3, scratch: folder.at('scratch') });
  const actionOf = async (formats?: readonly DeltaFormat[]) => {
    const device = folder.at(`device-${formats?.join('-') ?? 'any'}`);
    await updateDevice({
      folder: device,
      store,
      now: NOW,
      progress: silent,
      create: {
        product: PRODUCT,
        hardware: name('gw-a1'),
        rootBytes: anchorOf(trust),
        ...(formats === undefined ? {} : { formats }),
      },
    });
    const { components } = await updateDevice({ folder: device, store: shared, now: NOW, progress: silent });
    expect(readFileSync(`${device}/slots/radio`)).toEqual(Buffer.from(C));
    return components.map(({ action, fellBack }) => [action, fellBack]);
  };
  expect(await actionOf()).toEqual([['delta', undefined]]);
  expect(await actionOf(['bsdiff40', 'otad'])).toEqual([['delta', undefined]]);
  expect(await actionOf(['otad', 'vcdiff'])).toEqual([['full', undefined]]);
});

describe('deltaJobs', () => {
  it.each([
    [0, []],
    [1, ['1.2.0']],
    [2, ['1.2.0']],
    [3, ['1.2.0', '1.0.0']],
  ])('from the last %d releases there is one for each different image: %j', async (releases, expected) => {
    expect((await forBundle({ image: C }, releases)).jobs).toEqual(expected);
  });

  it('there is none from an image that did not change, none for a component that is new or wants none', async () => {
    expect((await forBundle({ image: B })).jobs).toEqual(['1.0.0']);
    expect((await forBundle({ image: C, delta: false })).jobs).toEqual([]);
    expect(deltaJobs(undefined, [], [], 3)).toEqual([]);
  });
});

describe('makeDeltas', () => {
  it('makes one that leads from the published image to the new one, and leaves only it', async () => {
    const { results, left } = await forBundle({ image: C }, 1);
    const [first] = results;
    expect(first?.outcome).toMatchObject({ component: 'radio', fromRelease: '1.2.0', result: 'shipped' });
    expect(first?.made?.custom).toMatchObject({
      component: 'radio',
      version: '2.0.0',
      delta: { format: 'otad' },
    });
    expect(readFileSync(first?.made?.file ?? '')).toHaveLength(first?.made?.digest.length ?? -1);
    expect(left).toHaveLength(1);
  });

  it.each([
    [['otad', 'bsdiff40', 'vcdiff'], undefined, 'vcdiff'],
    [['vcdiff', 'bsdiff40'], undefined, 'vcdiff'],
    [['bsdiff40'], undefined, 'bsdiff40'],
    [['bsdiff40', 'vcdiff'], 100_000, 'vcdiff'],
    [['later', 'bsdiff40'], undefined, 'bsdiff40'],
  ])('of %j within %s bytes it ships the smallest: %s', async (formats, memory, taken) => {
    const delta = { formats, ...(memory === undefined ? {} : { memory }) };
    const { results, left } = await forBundle({ image: C, delta }, 1, true);
    expect(results[0]?.outcome).toMatchObject({ result: 'shipped', format: taken });
    const tried = results[0]?.outcome.tried ?? [];
    expect(tried.map(({ format }) => format)).toEqual(formats.filter((format) => format !== 'later'));
    const made = tried.flatMap(({ result, length }) =>
      result === 'made' && length !== undefined ? [length] : [],
    );
    expect(Math.min(...made)).toBe(results[0]?.outcome.length);
    expect(results[0]?.made?.custom.delta.format).toBe(taken);
    expect(left).toHaveLength(1);
  });

  it('leaves out one that is not smaller than the payload', async () => {
    const { results, left } = await forBundle(
      { image: Uint8Array.from({ length: 3000 }, (_, at) => at % 2), compression: 'zstd' },
      1,
    );
    expect(results).toMatchObject([
      { outcome: { result: 'not-smaller', payloadLength: expect.any(Number) } },
    ]);
    expect(results[0]?.made).toBeUndefined();
    expect(left).toEqual([]);
  });

  it('leaves out one that the device has not the memory for', async () => {
    const { results, left } = await forBundle({ image: C, delta: { memory: 1000 } }, 1);
    expect(results).toMatchObject([{ outcome: { result: 'needs-memory' } }]);
    expect(results[0]?.outcome).not.toHaveProperty('length');
    expect(left).toEqual([]);
  });

  it('fails loudly, leaving nothing, when the old payload is not what is signed', async () => {
    const [key = ''] = store.keys('targets/gateway/1.2.0/').filter((item) => item.endsWith('.radio'));
    const bytes = store.objects.get(key) ?? new Uint8Array();
    store.objects.set(key, Uint8Array.from(bytes).reverse());
    try {
      expect((await refusal(() => forBundle({ image: C }, 1))).code).toBe('digest-mismatch');
      expect(readdirSync(folder.at('scratch'))).toEqual([]);
    } finally {
      store.objects.set(key, bytes);
    }
  });

  it('has no base for a component that no release had', async () => {
    const path = await makeBundle(folder.at(), { version: '2.0.0', components: { boot: { image: C } } });
    await withOpenBundle(path, async (bundle) => {
      const role = (await loadState(store, trust, PRODUCT, NOW)).product?.signed;
      expect(deltaJobs(role, releasesOf(role), bundle.manifest.components, 3)).toEqual([]);
      expect(bundle.manifest.components[0]?.name).toBe(name('boot'));
    });
  });
});
