import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { signBundleFile } from '../../../src/bundle/sign.ts';
import { type BundleOptions, bundleReleaseFile, reissueBundle } from '../../../src/cli/bundle.ts';
import { saveTrust } from '../../../src/cli/trust-folder.ts';
import { parseVersion } from '../../../src/core/names.ts';
import { silent } from '../../../src/core/progress.ts';
import { directoryStore } from '../../../src/storage/directory.ts';
import { refusal } from '../../support/client.ts';
import { sharedFolder } from '../../support/folder.ts';
import { makeBundle, makeTrust, PRODUCT, publishFile, RELEASE, update } from '../../support/release.ts';
import { imagesOfVersion, LINUX_REQUIRES, wayRelease } from '../../support/ways.ts';

const folder = sharedFolder();
const at = (name: string) => join(folder, name);
const options = (more: Partial<BundleOptions> = {}): BundleOptions => ({
  file: at('build/ota.yaml'),
  from: [],
  store: at('store'),
  storeOptions: {},
  trust: at('trust'),
  offline: false,
  output: at('new.ota'),
  force: true,
  allow: [],
  sourceDateEpoch: undefined,
  progress: silent,
  ...more,
});

function writeRelease(version: string, counters = { boot: 6, linux: 3 }): void {
  mkdirSync(at('build'), { recursive: true });
  for (const [name, bytes] of Object.entries(imagesOfVersion(version)))
    writeFileSync(at(`build/${name}`), bytes);
  writeFileSync(
    at('build/ota.yaml'),
    `product: ${PRODUCT}
version: ${version}
hardware: [gw-a1]
components:
  boot: {domain: bootloader, file: boot, version: ${version}, counter: ${counters.boot}, compression: none}
  linux:
    domain: os
    file: linux
    version: ${version}
    counter: ${counters.linux}
    compression: none
    requires: {boot: "${LINUX_REQUIRES[version.slice(0, 1)]}"}
`,
  );
}

beforeAll(async () => {
  const trust = await makeTrust();
  mkdirSync(at('trust'));
  await saveTrust(at('trust'), trust);
  const store = directoryStore(at('store'));
  for (const version of ['1.0.0', '2.0.0'] as const) {
    const { components, ...release } = wayRelease(version);
    // The last one closed a hole in the bootloader.
    const boot = {
      ...components.boot,
      image: imagesOfVersion(version).boot,
      counter: version === '2.0.0' ? 6 : 5,
    };
    const path = await makeBundle(folder, { ...release, components: { ...components, boot } });
    await publishFile(path, { store, trust, scratch: at('scratch') });
  }
});

describe('ota bundle, with a store', () => {
  test('finds an order for all releases that are published, one of them by way of another', async () => {
    writeRelease('3.0.0');
    const report = await bundleReleaseFile(options());
    expect(report).toMatchObject({
      from: ['1.0.0', '2.0.0'],
      detours: [{ from: '1.0.0', by: '2.0.0' }],
      findings: [],
    });
    expect(report.manifest.components.map(({ name }) => name)).toEqual(['boot', 'linux']);
  });

  test('refuses a security counter below a published one (attack row 48)', async () => {
    writeRelease('3.0.0', { boot: 5, linux: 3 });
    const error = await refusal(() => bundleReleaseFile(options()));
    expect(error).toMatchObject({ code: 'counter-lower', exitCode: 3 });
    expect(error.faults).toEqual([{ where: 'boot', message: 'has counter 5, release 2.0.0 has 6' }]);
  });

  test('tells what is odd beside the last release', async () => {
    writeRelease('3.0.0');
    writeFileSync(at('build/linux'), imagesOfVersion('2.0.0').linux);
    const { findings } = await bundleReleaseFile(options());
    expect(findings.map(({ rule, component }) => [rule, component])).toEqual([['same-image', 'linux']]);
    expect((await bundleReleaseFile(options({ allow: ['same-image'] }))).findings).toEqual([]);
  });

  test('goes on without one, and says so', async () => {
    writeRelease('3.0.0', { boot: 1, linux: 1 });
    expect(await bundleReleaseFile(options({ offline: true }))).toMatchObject({
      from: [],
      storeSkipped: '--offline was given',
    });
    const unreachable = options({ store: 'http://127.0.0.1:9/' });
    expect(await bundleReleaseFile(unreachable)).toHaveProperty('storeSkipped');
    expect(await bundleReleaseFile(options({ trust: at('none') }))).toHaveProperty('storeSkipped');
    expect(await bundleReleaseFile(options({ store: at('nowhere') }))).toMatchObject({ from: [] });
  });
});

describe('an earlier release, bundled again', () => {
  const reissue = (more: Partial<BundleOptions> = {}) =>
    reissueBundle(options(more), at(`${PRODUCT}-1.0.0.ota`), parseVersion('2.1.0', 'the version'));

  test('has its images and versions, and counters that no device refuses', async () => {
    writeRelease('1.0.0');
    const { manifest, detours } = await reissue();
    expect(manifest.version).toBe('2.1.0');
    expect(manifest.components.map(({ name, version, counter }) => [name, version, counter])).toEqual([
      ['boot', '1.0.0', 6],
      ['linux', '1.0.0', 3],
    ]);
    expect(detours).toEqual([]);
    expect(readFileSync(at('new.ota')).includes(Buffer.from(imagesOfVersion('1.0.0').linux))).toBe(true);
  });

  test('is one that devices with a later release go back to', async () => {
    const [store, trust, device] = [directoryStore(at('store')), await makeTrust(), at('device')];
    expect((await update(device, store, trust)).to).toBe('2.0.0');
    await reissue();
    await signBundleFile(at('new.ota'), [RELEASE]);
    await publishFile(at('new.ota'), { store, trust, scratch: at('scratch') });
    expect(await update(device, store, trust)).toMatchObject({ from: '2.0.0', to: '2.1.0', changed: true });
    expect(readFileSync(join(device, 'slots/linux')).equals(imagesOfVersion('1.0.0').linux)).toBe(true);
  });
});
