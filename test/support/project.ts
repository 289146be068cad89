import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { otaJson } from './cli.ts';
import { hubFirmware } from './firmware.ts';

export const PASSPHRASE = ['--passphrase-file', 'keys/passphrase.txt'];

/** The images of the two releases of the test product: real firmware in each of four domains. */
const IMAGES = {
  '1.0.0': {
    boot: ['old', 'nxt'],
    linux: ['old', 'ev3'],
    app: ['old', 'technichub'],
    radio: ['old', 'primehub'],
  },
  '1.1.0': {
    boot: ['old', 'nxt'],
    linux: ['new', 'ev3'],
    app: ['new', 'technichub'],
    radio: ['new', 'primehub'],
  },
} as const;
const DOMAINS = { boot: 'bootloader', linux: 'os', app: 'app', radio: 'coprocessor' } as const;

export type TestVersion = keyof typeof IMAGES;

/** `ota init` in a folder, without questions. */
export async function initProject(folder: string, more: readonly string[] = []): Promise<unknown> {
  await mkdir(folder, { recursive: true });
  // From the folder itself: what other tests leave beside it is theirs.
  return otaJson(folder, [
    'init',
    '--yes',
    '--product',
    'gateway',
    '--hardware',
    'gw-a1',
    ...Object.entries(DOMAINS).flatMap(([name, domain]) => [
      '--component',
      `${name}:${domain}:build/${name}.bin`,
    ]),
    ...more,
  ]);
}

/** Puts the images of a version where `ota.yaml` expects them and gives it that version. */
export async function writeVersion(folder: string, version: TestVersion, counter = 1): Promise<void> {
  await mkdir(join(folder, 'build'), { recursive: true });
  for (const [name, [which, hub]] of Object.entries(IMAGES[version])) {
    await writeFile(join(folder, 'build', `${name}.bin`), hubFirmware(which, hub));
  }
  await writeFile(join(folder, 'ota.yaml'), releaseFile(version, counter));
}

export function releaseFile(version: string, counter = 1, extra = ''): string {
  const components = Object.entries(DOMAINS).map(
    ([name, domain]) =>
      `  ${name}:\n    domain: ${domain}\n    file: build/${name}.bin\n    version: ${name === 'boot' ? '1.0.0' : version}\n    counter: ${counter}\n`,
  );
  return `product: gateway
version: ${version}
hardware: [gw-a1]
keys: [keys/release.key.age, keys/online.key.age]
store: ./repository
components:
${components.join('')}${extra}`;
}

/** Bundles and signs a version that `writeVersion` has put there; gives the bundle's name. */
export async function bundleAndSign(folder: string, version: string): Promise<string> {
  await otaJson(folder, ['bundle']);
  const bundle = `gateway-${version}.ota`;
  await otaJson(folder, ['sign', bundle, ...PASSPHRASE]);
  return bundle;
}

export const readJson = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'));
