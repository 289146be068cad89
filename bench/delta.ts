import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';
import { isInstalled, type Measured, measure, print } from './measure.ts';
import { BSDIFF_GIVEN_UP, RECORDED } from './recorded.ts';

const BIN = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const MODULES = fileURLToPath(new URL('../node_modules/', import.meta.url));

type Row = Readonly<Record<string, string | number>>;

interface Pair {
  readonly name: string;
  readonly old: string;
  readonly new: string;
}

/** What another tool makes `delta` of a pair with, and an image of that. */
interface Tool {
  readonly create: (pair: Pair, delta: string) => readonly string[];
  readonly apply: (pair: Pair, delta: string, image: string) => readonly [string, ...string[]];
}

const OTHERS: Readonly<Record<string, Tool>> = {
  bsdiff: {
    create: (pair, delta) => [pair.old, pair.new, delta],
    apply: (pair, delta, image) => ['bspatch', pair.old, image, delta],
  },
  xdelta3: {
    create: (pair, delta) => ['-9', '-S', 'lzma', '-f', '-e', '-s', pair.old, pair.new, delta],
    apply: (pair, delta, image) => ['xdelta3', '-f', '-d', '-s', pair.old, delta, image],
  },
  zstd: {
    create: (pair, delta) => [
      '-q',
      '-f',
      '-19',
      '--long=28',
      `--patch-from=${pair.old}`,
      pair.new,
      '-o',
      delta,
    ],
    apply: (pair, delta, image) => [
      'zstd',
      '-q',
      '-f',
      '-d',
      '--long=28',
      `--patch-from=${pair.old}`,
      delta,
      '-o',
      image,
    ],
  },
};

/**
 * `ota delta` and `ota delta apply` as whole processes beside bsdiff, xdelta3 and zstd, on npm's firmware and on the pairs
 * of a corpus folder (an argument of the process that has a folder `pairs`): a row for each pair and tool. Ours includes
 * hashing both images and applying the delta once. Sizes of HDiffPatch and zucchini are recorded ones, and so is where bsdiff was given
 * up. At the end two rows for each tool with the sums over all pairs and over those that bsdiff ended with, and how many times less CPU
 * and wall time than bsdiff it takes, making and applying. Each row is told on stderr when it is measured.
 */
export async function benchDelta(): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ota-bench-'));
  try {
    const rows: Row[] = [];
    for (const pair of [...(await npmPairs(folder)), ...(await corpusPairs())]) {
      for await (const row of measured(pair, folder)) {
        console.error(JSON.stringify(row));
        rows.push(row);
      }
    }
    return [...rows, ...totals(rows)];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function* measured(pair: Pair, folder: string): AsyncGenerator<Row> {
  yield* ours(pair, join(folder, 'delta'));
  yield* others(pair, join(folder, 'other'));
  for (const [tool, bytes] of Object.entries(RECORDED[pair.name] ?? {})) {
    yield { pair: pair.name, tool: `${tool} (recorded)`, bytes };
  }
}

const SUMS = ['bytes', 'create CPU s', 'create s', 'apply CPU s', 'apply s'] as const;
const GIVEN_UP = 'bsdiff (given up)';

/** The sums of each tool that was run on every pair, and on every one that bsdiff ended with. */
function totals(rows: readonly Row[]): readonly Row[] {
  const names = [...new Set(rows.map(({ pair }) => String(pair)))];
  const ended = names.filter((name) => rows.some(({ pair, tool }) => pair === name && tool === 'bsdiff'));
  return ended.length < names.length
    ? [...sums(rows, names, 'all pairs, bsdiff at least'), ...sums(rows, ended, 'pairs that bsdiff ended')]
    : sums(rows, names, 'all pairs');
}

function sums(rows: readonly Row[], names: readonly string[], title: string): readonly Row[] {
  const of = (tool: string) =>
    rows.filter(
      (row) =>
        names.includes(String(row.pair)) &&
        (row.tool === tool || (tool === 'bsdiff' && row.tool === GIVEN_UP)),
    );
  const sum = (tool: string, columns: readonly string[]) =>
    of(tool).reduce(
      (total, row) => total + columns.reduce((all, column) => all + Number(row[column] ?? 0), 0),
      0,
    );
  const times = (tool: string, columns: readonly string[]) =>
    Number((sum('bsdiff', columns) / sum(tool, columns)).toFixed(1));
  return ['ota', ...Object.keys(OTHERS)]
    .filter((tool) => of(tool).length === names.length)
    .map((tool) => ({
      pair: title,
      tool,
      ...Object.fromEntries(SUMS.map((column) => [column, Math.round(sum(tool, [column]))])),
      'bsdiff CPU ÷': times(tool, ['create CPU s', 'apply CPU s']),
      'bsdiff s ÷': times(tool, ['create s', 'apply s']),
    }));
}

/** Where a device has so little memory images are small. */
const LITTLE_UP_TO = 16 * 2 ** 20;

async function* ours(pair: Pair, delta: string): AsyncGenerator<Row> {
  const image = `${delta}.image`;
  for (const [tool, flags] of [
    ['ota', []],
    ['ota --memory 64KiB', ['--memory', '64 KiB']],
  ] as const) {
    if (flags.length > 0 && (await stat(pair.new)).size > LITTLE_UP_TO) continue;
    const create = measure(process.execPath, [
      BIN,
      'delta',
      pair.old,
      pair.new,
      '--force',
      '-o',
      delta,
      ...flags,
    ]);
    const apply = measure(process.execPath, [BIN, 'delta', 'apply', pair.old, delta, '--force', '-o', image]);
    yield await row(pair, tool, delta, image, create, apply);
  }
}

async function* others(pair: Pair, delta: string): AsyncGenerator<Row> {
  const image = `${delta}.image`;
  for (const [tool, { create, apply }] of Object.entries(OTHERS)) {
    if (!isInstalled(tool)) {
      yield { pair: pair.name, tool: `${tool}: not installed` };
      continue;
    }
    const givenUp = process.env.OTA_BENCH_ALL ? undefined : BSDIFF_GIVEN_UP[pair.name];
    if (tool === 'bsdiff' && givenUp) {
      const { cpuSeconds: seconds, megabytes } = givenUp;
      yield {
        pair: pair.name,
        tool: GIVEN_UP,
        ...figures('create', { seconds, cpuSeconds: seconds, megabytes }),
      };
      continue;
    }
    const made = measure(tool, create(pair, delta));
    const [program, ...args] = apply(pair, delta, image);
    yield await row(pair, tool, delta, image, made, measure(program, args));
  }
}

/** @throws Error where the image that was made is not the new one */
async function row(
  pair: Pair,
  tool: string,
  delta: string,
  image: string,
  create: Measured,
  apply: Measured,
): Promise<Row> {
  if (!(await readFile(image)).equals(await readFile(pair.new)))
    throw new Error(`${pair.name}: not the image`);
  return {
    pair: pair.name,
    tool,
    bytes: (await stat(delta)).size,
    ...figures('create', create),
    ...figures('apply', apply),
  };
}

const figures = (what: string, { seconds, cpuSeconds, megabytes }: Measured): Row => ({
  ...(cpuSeconds === undefined ? {} : { [`${what} CPU s`]: rounded(cpuSeconds) }),
  [`${what} s`]: rounded(seconds),
  ...(megabytes === undefined ? {} : { [`${what} MB`]: megabytes }),
});

const rounded = (seconds: number) => Number(seconds.toFixed(seconds < 10 ? 2 : 1));

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
  const asked = names.filter((name) => process.argv.includes(name));
  return (asked.length > 0 ? asked : names).sort().map((name) => {
    const pair = join(corpus, 'pairs', name);
    return { name, old: join(pair, 'old'), new: join(pair, 'new') };
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) print('Deltas', await benchDelta());
