import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled, type Measured, measure, median } from './measure.ts';
import { noise } from './publish.ts';

const BIN = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const DOMAINS = { boot: 'bootloader', linux: 'os', radio: 'coprocessor', app: 'app' } as const;
/** Of each component. */
const MEBIBYTES = 256;
const RUNS = 3;
const PASSPHRASE = ['--passphrase-file', 'keys/passphrase.txt'];

type Row = Readonly<Record<string, string | number>>;

/** Makes a FAT32 volume of the same files, and checks nothing. */
const VOLUME =
  'truncate -s 1200M other.img && mkfs.vfat -F 32 other.img && mcopy -s -i other.img stick/* :: && sync other.img';

/**
 * A medium with 1 GiB of payloads that do not compress, made and verified, beside copying the same files and taking their digests; and
 * as an image and an archive, beside tools that copy alone.
 */
export async function benchMedia(): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ota-bench-'));
  const ota = (...args: readonly string[]) => measure(process.execPath, [BIN, ...args], { cwd: folder });
  const shell = (script: string) => measure('sh', ['-c', script], { cwd: folder });
  try {
    const components = Object.entries(DOMAINS).flatMap(([name, domain]) => [
      '--component',
      `${name}:${domain}:build/${name}.bin`,
    ]);
    ota('init', '--yes', '--product', 'bench', '--hardware', 'h', ...components);
    await mkdir(join(folder, 'build'));
    for (const [seed, name] of Object.keys(DOMAINS).entries())
      await noise(join(folder, `build/${name}.bin`), MEBIBYTES, seed);
    const yaml = await readFile(join(folder, 'ota.yaml'), 'utf8');
    await writeFile(
      join(folder, 'ota.yaml'),
      yaml.replaceAll('compression: zstd', 'compression: none\n    delta: false'),
    );
    ota('bundle');
    ota('sign', 'bench-1.0.0.ota', ...PASSPHRASE);
    ota('publish', 'bench-1.0.0.ota', ...PASSPHRASE);
    const [make, copy, verify, digest]: Measured[][] = [[], [], [], []];
    const [image, volume, archive, tar]: Measured[][] = [[], [], [], []];
    const hasMtools = ['mkfs.vfat', 'mcopy'].every(isInstalled);
    for (let run = 0; run < RUNS; run += 1) {
      copy?.push(shell('cp -r repository copy && sync && find copy -type f -exec sha256sum {} +'));
      make?.push(ota('media', 'create', 'stick'));
      digest?.push(shell('find stick -type f -exec sha256sum {} +'));
      verify?.push(ota('media', 'verify', 'stick', '--root', 'trust/1.root.json'));
      image?.push(ota('media', 'create', 'stick.img'));
      if (hasMtools) volume?.push(shell(VOLUME));
      archive?.push(ota('media', 'create', 'stick.tar'));
      tar?.push(shell('tar -cf other.tar stick && sync other.tar'));
      for (const name of ['stick.img', 'other.img', 'stick.tar', 'other.tar'])
        await rm(join(folder, name), { force: true });
      await rm(join(folder, 'copy'), { recursive: true });
      await rm(join(folder, 'stick'), { recursive: true });
    }
    return [
      row('media create', make ?? [], 'cp -r, sync, sha256sum', copy ?? []),
      row('media verify', verify ?? [], 'sha256sum', digest ?? []),
      row('media create stick.img', image ?? [], 'mkfs.vfat, mcopy, sync', volume ?? []),
      row('media create stick.tar', archive ?? [], 'tar, sync', tar ?? []),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function row(what: string, ours: readonly Measured[], name: string, theirs: readonly Measured[]): Row {
  const [a, b] = [median(ours), median(theirs)];
  return {
    what,
    'ota s': a.seconds.toFixed(2),
    'ota CPU s': a.cpuSeconds?.toFixed(1) ?? '-',
    'ota MB': a.megabytes ?? '-',
    beside: name,
    s: b.seconds.toFixed(2),
    'CPU s': b.cpuSeconds?.toFixed(1) ?? '-',
    ratio: (a.seconds / b.seconds).toFixed(2),
  };
}
