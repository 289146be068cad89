import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ota, otaJson, temporaryFolder } from '../support/cli.ts';

/** Linux and the RTOS talk over an interface of which both must have the same major version. */
const releaseFile = (version: string, more = '') => `product: gateway
version: ${version}
hardware: [gw-a1]
components:
  linux:
    domain: os
    file: linux.bin
    version: ${version}
    counter: 1
    compression: none
    requires: {rpmsg: ^${version}, u-boot: ">=${version}"}
${more}  rtos:
    domain: coprocessor
    file: rtos.bin
    version: ${version}
    counter: 1
    compression: none
    provides: {rpmsg: ${version}}
${more}  u-boot:
    domain: bootloader
    file: u-boot.bin
    version: ${version}
    counter: 1
    compression: none
`;

let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  for (const name of ['linux', 'rtos', 'u-boot']) await writeFile(join(folder, `${name}.bin`), name);
  await writeFile(join(folder, 'ota.yaml'), releaseFile('1.0.0'));
  await otaJson(folder, ['bundle']);
});

test('a release that no order works for is refused, with the state, the steps and the ways out', async () => {
  await writeFile(join(folder, 'ota.yaml'), releaseFile('2.0.0'));
  const refused = await ota(folder, ['bundle', '--from', 'gateway-1.0.0.ota']);
  expect(refused.exitCode).toBe(3);
  expect(refused.stderr).toContain('coming from 1.0.0, nothing can follow u-boot 2.0.0');
  expect(refused.stderr).toContain('linux 2.0.0 requires rpmsg ^2.0.0, and finds 1.0.0 by rtos');
  expect(refused.stderr).toContain('linux 1.0.0 requires rpmsg ^1.0.0, and finds 2.0.0 by rtos');
  expect(refused.stderr).toContain('switch linux and rtos at once: give them the same group');
});

test('its twin, which does what was advised, is bundled in an order that works', async () => {
  await writeFile(join(folder, 'ota.yaml'), releaseFile('2.0.0', '    group: duo\n'));
  const { manifest } = await otaJson<{ manifest: { components: { name: string }[] } }>(folder, [
    'bundle',
    '--from',
    'gateway-1.0.0.ota',
  ]);
  expect(manifest.components.map(({ name }) => name)).toEqual(['u-boot', 'linux', 'rtos']);
});

test('a bundle of another product is no release to come from', async () => {
  await writeFile(
    join(folder, 'other.yaml'),
    releaseFile('1.0.0').replace('product: gateway', 'product: router'),
  );
  await otaJson(folder, ['bundle', 'other.yaml']);
  const refused = await ota(folder, ['bundle', '--force', '--from', 'router-1.0.0.ota']);
  expect(refused.exitCode).toBe(3);
  expect(refused.stderr).toContain('router-1.0.0.ota is a bundle of router, not of gateway');
});
