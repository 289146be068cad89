import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';
import { isInstalled, type Measured, measure, print } from './measure.ts';

const BIN = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const MODULES = fileURLToPath(new URL('../node_modules/', import.meta.url));

type Row = Readonly<Record<string, string | number>>;

interface Pair {
  readonly name: string;
  readonly old: string;
  readonly new: string;
}

/** What another tool makes `delta` of a pair with. */
const OTHERS: Readonly<Record<string, (pair: Pair, delta: string) => readonly string[]>> = {
  bsdiff: (pair, delta) => [pair.old, pair.new, delta],
  xdelta3: (pair, delta) => ['-9', '-S', 'lzma', '-f', '-e', '-s', pair.old, pair.new, delta],
  zstd: (pair, delta) => ['-q', '-f', '-19', '--long=27', `--patch-from=${pair.old}`, pair.new, '-o', delta],
};

/**
 * `ota delta` and `ota delta apply` as whole processes beside bsdiff, xdelta3 and zstd, on npm's firmware and on the pairs
 * of a corpus folder (an argument of the process that has a folder `pairs`). A ratio below 1 is a smaller delta, or a
 * faster run; ours includes applying it once.
 */
export async function benchDelta(): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ota-bench-'));
  try {
    const rows: Row[] = [];
    for (const pair of [...(await npmPairs(folder)), ...(await corpusPairs())]) {
      rows.push(await row(pair, join(folder, 'delta')));
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function row(pair: Pair, delta: string): Promise<Row> {
  const ours = ['delta', pair.old, pair.new, '--force', '-o', delta];
  measure(process.execPath, [BIN, ...ours, '--memory', '64 KiB']);
  const small = (await stat(delta)).size;
  const create = measure(process.execPath, [BIN, ...ours]);
  const { size } = await stat(delta);
  const image = `${delta}.image`;
  const apply = measure(process.execPath, [BIN, 'delta', 'apply', pair.old, delta, '--force', '-o', image]);
  if (!(await readFile(image)).equals(await readFile(pair.new)))
    throw new Error(`${pair.name}: not the image`);
  return {
    pair: pair.name,
    image: (await stat(pair.new)).size,
    ota: size,
    '64 KiB': small,
    ...figures('create', create),
    ...figures('apply', apply),
    ...(await besides(pair, `${delta}.other`, size, create)),
  };
}

async function besides(pair: Pair, delta: string, size: number, create: Measured): Promise<Row> {
  const row: Record<string, string | number> = {};
  for (const [tool, args] of Object.entries(OTHERS)) {
    if (!isInstalled(tool)) {
      row[tool] = 'not installed';
      continue;
    }
    const run = measure(tool, args(pair, delta));
    row[tool] = (await stat(delta)).size;
    row[`bytes / ${tool}`] = Number((size / (await stat(delta)).size).toFixed(3));
    row[`s / ${tool}`] = Number((create.seconds / run.seconds).toFixed(2));
  }
  return row;
}

const figures = (what: string, { seconds, megabytes }: Measured): Row => ({
  [`${what} s`]: Number(seconds.toFixed(2)),
  ...(megabytes === undefined ? {} : { [`${what} MB`]: megabytes }),
});

async function npmPairs(folder: string): Promise<readonly Pair[]> {
  const firmware = { name: 'npm-primehub', old: join(folder, 'hub-old'), new: join(folder, 'hub-new') };
  const wasm = { name: 'npm-esbuild-wasm', old: join(folder, 'wasm-old'), new: join(folder, 'wasm-new') };
  for (const which of ['old', 'new'] as const) {
    const zip = unzipSync(await readFile(join(MODULES, `firmware-${which}`, 'build', 'primehub.zip')));
    await writeFile(firmware[which], zip['firmware-base.bin'] ?? new Uint8Array());
    await copyFile(join(MODULES, `esbuild-wasm-${which}`, 'esbuild.wasm'), wasm[which]);
  }
  return [firmware, wasm];
}

async function corpusPairs(): Promise<readonly Pair[]> {
  const corpus = process.argv.slice(2).find((argument) => existsSync(join(argument, 'pairs')));
  if (corpus === undefined) return [];
  const names = await readdir(join(corpus, 'pairs'));
  return names.sort().map((name) => {
    const pair = join(corpus, 'pairs', name);
    return { name, old: join(pair, 'old'), new: join(pair, 'new') };
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) print('Deltas', await benchDelta());
