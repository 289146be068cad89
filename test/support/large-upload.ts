import { join } from 'node:path';
import { expect } from 'vitest';
import type { Asked } from './fake-s3.ts';
import { NOW } from './forge.ts';
import { anchorOf, makeBundle, noise, publishUnseen, update } from './release.ts';
import { s3OfFaults } from './s3-scenario.ts';
import { faultScenario, slotsOf } from './scenario.ts';
import { tufJsAccepts } from './tuf-js.ts';

/** Goes up in two parts. */
const IMAGE = noise(20, 17 * 2 ** 20);

export const isStart = ({ method, query }: Asked): boolean => method === 'POST' && query.has('uploads');
export const isPart = ({ method, query }: Asked): boolean => method === 'PUT' && query.has('partNumber');
export const isComplete = ({ method, query }: Asked): boolean => method === 'POST' && query.has('uploadId');

/** A store on S3 that holds 1.0.0, and a release with an image so large that it goes up in parts. */
export async function largeUpload() {
  const scenario = await faultScenario();
  const s3 = s3OfFaults();
  const bundle = await makeBundle(scenario.folder, {
    version: '2.0.0',
    components: { radio: { image: IMAGE, delta: false } },
  });
  const { trust, folder, counts } = scenario;
  const look = async (device: string, version: string) => {
    const held = s3.held();
    const { to } = await update(device, held, trust);
    expect(to).toBe(version);
    await tufJsAccepts(held, anchorOf(trust), NOW);
    counts.devices += 1;
  };
  return {
    s3,
    counts,
    publish: async () =>
      publishUnseen(bundle, { trust, scratch: join(folder, 'scratch'), store: await s3.open() }),
    /** Requires that nothing is seen of the new release: no metadata, no object, no upload that somebody pays for. */
    expectOld: async (device: string) => {
      expect(s3.fake.uploads.size).toBe(0);
      const held = s3.held();
      const before = scenario.store.keys('metadata/');
      expect([...held.objects.keys()].filter((key) => key.startsWith('metadata/')).sort()).toEqual(before);
      await look(device, '1.0.0');
    },
    expectNew: async (device: string) => {
      expect(s3.fake.uploads.size).toBe(0);
      await look(device, '2.0.0');
      expect(slotsOf(device).get('radio')?.equals(IMAGE)).toBe(true);
    },
    fill: () => s3.fill(scenario.store),
    device: scenario.device,
  };
}
