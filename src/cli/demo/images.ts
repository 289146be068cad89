import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { OtaError } from '../../core/errors.ts';
import type { Domain } from '../../core/names.ts';
import { listFolder, readSmallFile } from '../../files/read.ts';

/** The two releases of the demo. */
export const VERSIONS = ['1.0.0', '1.1.0'] as const;
export type DemoVersion = (typeof VERSIONS)[number];

/** One part of the demo's product: what it is, and its image in each of the two releases. */
export interface DemoComponent {
  readonly name: string;
  readonly domain: Domain;
  /** What the bytes really are. */
  readonly origin: string;
  readonly file: string;
  readonly version: Readonly<Record<DemoVersion, string>>;
  readonly image: (version: DemoVersion) => Promise<Uint8Array>;
}

const IMAGE_LIMIT = 1 << 30;
const PACKAGES: Readonly<Record<DemoVersion, { readonly firmware: string; readonly wasm: string }>> = {
  '1.0.0': { firmware: 'firmware-old', wasm: 'esbuild-wasm-old' },
  '1.1.0': { firmware: 'firmware-new', wasm: 'esbuild-wasm-new' },
};

/**
 * Real binaries that come from npm on any platform. Two of the four domains are played by other firmware, and say so.
 *
 * @throws OtaError `input-missing` where the packages are not installed
 */
export async function npmImages(): Promise<readonly DemoComponent[]> {
  const [before, after] = [await packageVersions('1.0.0'), await packageVersions('1.1.0')];
  const firmware = { '1.0.0': before.firmware, '1.1.0': after.firmware };
  return [
    {
      name: 'boot',
      domain: 'bootloader',
      origin: 'stand-in: NXT firmware (Pybricks), the same in both releases',
      file: 'boot.bin',
      version: { '1.0.0': before.firmware, '1.1.0': before.firmware },
      image: () => hubFirmware('1.0.0', 'nxt'),
    },
    {
      name: 'system',
      domain: 'os',
      origin: 'stand-in: EV3 main processor firmware (Pybricks)',
      file: 'system.bin',
      version: firmware,
      image: (version) => hubFirmware(version, 'ev3'),
    },
    {
      name: 'app',
      domain: 'app',
      origin: 'esbuild as WebAssembly',
      file: 'app.wasm',
      version: { '1.0.0': before.wasm, '1.1.0': after.wasm },
      image: async (version) =>
        readSmallFile(join(packageFolder(PACKAGES[version].wasm), 'esbuild.wasm'), IMAGE_LIMIT),
    },
    {
      name: 'motor',
      domain: 'coprocessor',
      origin: 'STM32 firmware of the Prime Hub (Pybricks)',
      file: 'motor.bin',
      version: firmware,
      image: (version) => hubFirmware(version, 'primehub'),
    },
  ];
}

const FOLDER_FILES: readonly (readonly [string, string, Domain])[] = [
  ['u-boot.bin', 'u-boot', 'bootloader'],
  ['linux.img', 'linux', 'os'],
  ['app', 'app', 'app'],
  ['motor.bin', 'motor', 'coprocessor'],
];

/**
 * Images of one's own: `DIR/1.0.0` and `DIR/1.1.0`, each with some of `u-boot.bin`, `linux.img`, `app` and `motor.bin`.
 *
 * @throws OtaError `input-missing` when neither folder holds one of them
 */
export async function folderImages(folder: string): Promise<readonly DemoComponent[]> {
  const [before, after] = [await listFolder(join(folder, '1.0.0')), await listFolder(join(folder, '1.1.0'))];
  const components = FOLDER_FILES.filter(([file]) => before.includes(file) && after.includes(file)).map(
    ([file, name, domain]) => ({
      name,
      domain,
      origin: join(folder, '1.x', file),
      file,
      version: { '1.0.0': '1.0.0', '1.1.0': '1.1.0' },
      image: (version: DemoVersion) => readSmallFile(join(folder, version, file), IMAGE_LIMIT),
    }),
  );
  if (components.length > 0) return components;
  const files = FOLDER_FILES.map(([file]) => file).join(', ');
  throw new OtaError('input-missing', `${folder} has no images for the demo`, {
    where: folder,
    hint: `Put one or more of ${files} into both ${join(folder, '1.0.0')} and ${join(folder, '1.1.0')}.`,
  });
}

const HUB_LIMIT = 4 << 20;

async function hubFirmware(version: DemoVersion, hub: string): Promise<Uint8Array> {
  const { unzipSync } = await import('fflate');
  const path = join(packageFolder(PACKAGES[version].firmware), 'build', `${hub}.zip`);
  const image = unzipSync(await readSmallFile(path, HUB_LIMIT), {
    filter: ({ name }) => name === 'firmware-base.bin',
  });
  const bytes = image['firmware-base.bin'];
  if (bytes) return bytes;
  throw new OtaError('input-unreadable', `${path} holds no firmware-base.bin`, { where: path });
}

async function packageVersions(
  version: DemoVersion,
): Promise<{ readonly firmware: string; readonly wasm: string }> {
  const { firmware, wasm } = PACKAGES[version];
  return { firmware: await versionOf(firmware), wasm: await versionOf(wasm) };
}

async function versionOf(name: string): Promise<string> {
  const text = new TextDecoder().decode(await readSmallFile(join(packageFolder(name), 'package.json')));
  return String((JSON.parse(text) as { version?: unknown }).version);
}

/** A package of its own kind may not export its package.json, so the file system is asked, from this module upwards. */
function packageFolder(name: string): string {
  const paths = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const found = paths.map((path) => join(path, name)).find((path) => existsSync(join(path, 'package.json')));
  if (found) return found;
  throw new OtaError('input-missing', `the demo's images are not installed (npm package ${name})`, {
    hint: 'Run npm install in a clone of the project, or use images of your own with --images DIR.',
  });
}
