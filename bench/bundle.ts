import { createCipheriv } from 'node:crypto';
import { copyFile, mkdtemp, open, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled, type Measured, measure, median } from './measure.ts';

const BIN = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const WASM = fileURLToPath(new URL('../node_modules/esbuild-wasm-new/esbuild.wasm', import.meta.url));
const RUNS = 3;
const MIB = 1 << 20;

type Row = Readonly<Record<string, string | number>>;

interface Case {
  readonly name: string;
  readonly compression: 'none' | 'zstd';
  readonly runs: number;
  make(path: string): Promise<void>;
  /** What does the same with other tools, into `other`. */
  readonly beside: string;
}

const CASES: readonly Case[] = [
  {
    name: '256 MiB that do not compress, compression: none',
    compression: 'none',
    runs: RUNS,
    make: (path) => sparse(path, 256, 256),
    beside: 'tar cf other image && sha256sum other && sync other',
  },
  {
    name: 'esbuild.wasm, zstd',
    compression: 'zstd',
    runs: RUNS,
    make: (path) => copyFile(WASM, path),
    beside: 'tar c image | zstd -q -10 --single-thread -o other && sha256sum other && sync other',
  },
  {
    name: '2 GiB with 32 MiB of data in it, zstd',
    compression: 'zstd',
    runs: 1,
    make: (path) => sparse(path, 2048, 32),
    beside: 'tar c image | zstd -q -10 --single-thread -o other && sha256sum other && sync other',
  },
];

/** `ota bundle` as a whole process, beside tar with sha256sum and with zstd at the same level. */
export async function benchBundle(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const item of CASES) {
    const folder = await mkdtemp(join(tmpdir(), 'ota-bench-'));
    try {
      rows.push(await run(item, folder));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return rows;
}

async function run(item: Case, folder: string): Promise<Row> {
  await item.make(join(folder, 'image'));
  await writeFile(
    join(folder, 'ota.yaml'),
    `product: bench\nversion: 1.0.0\nhardware: [h]\ncomponents:\n  image: {domain: os, file: image, version: 1.0.0, counter: 0, compression: ${item.compression}}\n`,
  );
  const ours: Measured[] = [];
  const theirs: Measured[] = [];
  const comparable = item.compression === 'none' || isInstalled('zstd');
  for (let turn = 0; turn < item.runs; turn += 1) {
    for (const name of ['out.ota', 'other']) await rm(join(folder, name), { force: true });
    ours.push(measure(process.execPath, [BIN, 'bundle', '-o', 'out.ota'], { cwd: folder }));
    if (comparable) theirs.push(measure('sh', ['-c', item.beside], { cwd: folder }));
  }
  const a = median(ours);
  const size = (await stat(join(folder, 'out.ota'))).size;
  const row = {
    case: item.name,
    'ota s': a.seconds.toFixed(2),
    'ota MB of memory': a.megabytes ?? '-',
    'ota MB': (size / 1e6).toFixed(2),
  };
  if (!comparable) return { ...row, beside: 'zstd is not installed' };
  const b = median(theirs);
  const otherSize = (await stat(join(folder, 'other'))).size;
  return {
    ...row,
    beside: item.compression === 'none' ? 'tar, sha256sum' : 'tar | zstd -10, sha256sum',
    s: b.seconds.toFixed(2),
    MB: (otherSize / 1e6).toFixed(2),
    'time ratio': (a.seconds / b.seconds).toFixed(2),
    'size ratio': (size / otherSize).toFixed(3),
  };
}

/** A file of some MiB, of which the first ones are bytes that do not compress; the rest are holes. */
async function sparse(path: string, mebibytes: number, data: number): Promise<void> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  const zeros = Buffer.alloc(MIB);
  const file = await open(path, 'w');
  try {
    for (let index = 0; index < data; index += 1) await file.writeFile(cipher.update(zeros));
  } finally {
    await file.close();
  }
  await truncate(path, mebibytes * MIB);
}
