import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { concatBytes, utf8 } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/digest.ts';
import { sharedFolder } from '../support/folder.ts';
import { noise } from '../support/release.ts';

/**
 * The SHA-256 of a bundle of fixed inputs, on every machine and every Node that is supported. It changes only with the format
 * or the compressor, and then docs/formats/bundle.md says so.
 */
const GOLDEN = '24cb4fbe78bee0d7363d06a7c783bb6880ba3b086613284eae4b13980e1b9aab';
const GOLDEN_AT_1700000000 = 'e900e151eb564759c715ee895c79d771c0eb9387bfd1964ee2503daad780428f';

const RELEASE_FILE = `product: gateway
version: 2.4.0
hardware: [gw-b2, gw-a1]
notes: release-notes.md
extras: [sbom.spdx.json]
components:
  radio:
    domain: coprocessor
    file: build/radio.bin
    version: 1.9.2
    counter: 4
    requires: {rpmsg-api: ">=3 <4"}
    delta: {memory: 64 KiB}
  linux:
    domain: os
    file: build/rootfs.ext4
    version: 6.1.192
    counter: 31
    provides: {rpmsg-api: 3.1.0}
    requires: {u-boot: ">=2024.1.0"}
  u-boot:
    domain: bootloader
    file: build/u-boot.bin
    version: 2025.1.0
    counter: 7
    slot: {name: boot, size: 1 MiB}
    delta: false
`;
const FILES: readonly (readonly [string, Uint8Array])[] = [
  ['ota.yaml', utf8(RELEASE_FILE)],
  ['build/u-boot.bin', concatBytes(noise(1, 90_000), utf8('bootcmd=run distro_bootcmd;'.repeat(900)))],
  [
    'build/rootfs.ext4',
    concatBytes(noise(2, 70_000), new Uint8Array(9 << 20), utf8('/etc/passwd '.repeat(5000))),
  ],
  ['build/radio.bin', noise(3, 5000)],
  ['release-notes.md', utf8('# 2.4.0\n\nÄnderungen: keine.\n')],
  ['sbom.spdx.json', utf8('{"spdxVersion": "SPDX-2.3"}\n')],
];

const TSX = import.meta.resolve('tsx');
const NOBODY = 65_534;
/** Whether a process of another user can be made, and can read Node and this repository. */
const otherUser =
  process.getuid?.() === 0 &&
  spawnSync(process.execPath, ['--import', TSX, '--eval', ''], { uid: NOBODY, gid: NOBODY }).status === 0;

const root = sharedFolder();
const child = fileURLToPath(new URL('./bundle-child.ts', import.meta.url));
const repository = fileURLToPath(new URL('../..', import.meta.url));

interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly umask?: string;
  readonly epoch?: string;
  readonly reversed?: boolean;
  readonly uid?: number;
}

async function digestIn(name: string, surroundings: Surroundings): Promise<string> {
  const { env = {}, cwd = repository, umask = '22', epoch = '0', reversed = false, uid } = surroundings;
  const folder = join(root, name);
  mkdirSync(join(folder, 'build'), { recursive: true });
  for (const [file, bytes] of reversed ? [...FILES].reverse() : FILES)
    writeFileSync(join(folder, file), bytes);
  const output = join(folder, 'out.ota');
  if (uid !== undefined) for (const path of [root, folder]) chmodSync(path, 0o777);
  const started = spawn(process.execPath, ['--import', TSX, child, folder, output, umask, epoch], {
    cwd,
    env: { PATH: process.env.PATH, TMPDIR: folder, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const [code] = await once(started, 'exit');
  expect(code).toBe(0);
  expect(statSync(output).mode & 0o777).toBe(0o666 & ~Number.parseInt(umask, 8));
  return sha256(readFileSync(output));
}

describe('the same inputs give the same bytes', () => {
  test.each<[string, Surroundings]>([
    ['here', {}],
    ['another working directory and umask', { cwd: '/', umask: '77' }],
    [
      'another time zone, locale and user name',
      {
        env: {
          TZ: 'Pacific/Kiritimati',
          LC_ALL: 'tr_TR.UTF-8',
          LANG: 'tr_TR.UTF-8',
          USER: 'o t a',
          HOME: '/nonexistent',
        },
      },
    ],
    ['another order of the directory', { reversed: true }],
    ['SOURCE_DATE_EPOCH in the environment of a library', { env: { SOURCE_DATE_EPOCH: '5' } }],
  ])('%s', async (name, surroundings) => {
    expect(await digestIn(name.replaceAll(' ', '-'), surroundings)).toBe(GOLDEN);
  });

  test.skipIf(!otherUser)('another user (skipped unless root may become one)', async () => {
    expect(await digestIn('user', { uid: NOBODY })).toBe(GOLDEN);
  });

  test('only SOURCE_DATE_EPOCH makes others', async () => {
    expect(await digestIn('epoch', { epoch: '1700000000' })).toBe(GOLDEN_AT_1700000000);
  });
});
