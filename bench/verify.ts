import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBundle } from '../src/bundle/create.ts';
import { withOpenBundle } from '../src/bundle/files.ts';
import { parseReleaseFile } from '../src/bundle/release-file/parse.ts';
import { signBundleFile } from '../src/bundle/sign.ts';
import { parseName } from '../src/core/names.ts';
import { silent } from '../src/core/progress.ts';
import { signerFromSeed } from '../src/keys/ed25519.ts';
import { publish } from '../src/publish/publish.ts';
import { createTrust } from '../src/repository/genesis.ts';
import { directoryStore } from '../src/storage/directory.ts';
import { verifyRepository } from '../src/verify/repository.ts';
import { type Measured, measure, median } from './measure.ts';

const BIN = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const SIZES = [10, 100, 1000] as const;
const RUNS = 3;
const IMAGE_BYTES = 4096;
const NOW = Math.floor(Date.now() / 1000);
const RELEASE = signerFromSeed(new Uint8Array(32).fill(1));
const ONLINE = signerFromSeed(new Uint8Array(32).fill(2));
const PRODUCT = parseName('gateway', 'the product');

type Row = Readonly<Record<string, string | number>>;

/** What was read of a repository, and how long the whole process took. */
interface Sample {
  readonly releases: number;
  readonly objects: number;
  readonly bytes: number;
  readonly run: Measured;
}

/**
 * Verifying a whole repository of 10, 100 and 1,000 releases, each really published: two small payloads, a manifest and signatures. The
 * time of an object is that above the smallest repository, so that starting the process does not count; linear is where it stays.
 */
export async function benchVerify(): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ota-bench-'));
  try {
    const samples = await measureSizes(folder);
    return samples.map((sample, index) => ({
      releases: sample.releases,
      objects: sample.objects,
      MB: (sample.bytes / 1e6).toFixed(1),
      s: sample.run.seconds.toFixed(2),
      'CPU s': sample.run.cpuSeconds?.toFixed(2) ?? '-',
      'peak MB': sample.run.megabytes ?? '-',
      'ms an object': index === 0 ? '-' : perObject(sample, samples[0]).toFixed(2),
      'to the size before':
        index < 2
          ? '-'
          : (perObject(sample, samples[0]) / perObject(samples[index - 1], samples[0])).toFixed(2),
    }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const timeOf = ({ run }: Sample): number => run.cpuSeconds ?? run.seconds;

function perObject(sample: Sample | undefined, smallest: Sample | undefined): number {
  if (!sample || !smallest) return Number.NaN;
  return (1000 * (timeOf(sample) - timeOf(smallest))) / (sample.objects - smallest.objects);
}

async function measureSizes(folder: string): Promise<readonly Sample[]> {
  const { root, targets } = await createTrust({
    product: PRODUCT,
    releaseSigner: RELEASE,
    onlineKey: ONLINE.publicKey,
    now: NOW,
  });
  const trust = { roots: [root.bytes], targetsBytes: targets.bytes };
  const store = directoryStore(join(folder, 'repository'));
  await writeFile(join(folder, 'root.json'), root.bytes);
  const samples: Sample[] = [];
  for (let release = 1; release <= Math.max(...SIZES); release += 1) {
    const bundle = await bundleOf(folder, release);
    await withOpenBundle(bundle, (open) =>
      publish({
        bundle: open,
        store,
        trust,
        signers: [RELEASE, ONLINE],
        channel: parseName('stable', 'the channel'),
        deltasFrom: 0,
        keep: { releases: 5, versions: [] },
        scratch: folder,
        now: NOW,
        progress: silent,
      }),
    );
    if (!SIZES.some((size) => size === release)) continue;
    const { counts } = await verifyRepository({
      store,
      rootBytes: root.bytes,
      now: NOW,
      quick: false,
      progress: silent,
    });
    const runs = Array.from({ length: RUNS }, () =>
      measure(process.execPath, [BIN, 'verify', '--store', 'repository', '--root', 'root.json'], {
        cwd: folder,
      }),
    );
    samples.push({ releases: release, objects: counts.objects, bytes: counts.bytesRead, run: median(runs) });
  }
  return samples;
}

async function bundleOf(folder: string, release: number): Promise<string> {
  const version = `1.${release}.0`;
  const component = `version: ${version}, counter: 1, compression: none, delta: false`;
  const yaml = `product: gateway
version: ${version}
hardware: [gw-a1]
components:
  linux: {domain: os, file: linux, ${component}}
  radio: {domain: coprocessor, file: radio, ${component}}
`;
  for (const [name, seed] of [
    ['linux', release],
    ['radio', -release],
  ] as const) {
    const image = Buffer.alloc(IMAGE_BYTES);
    for (let at = 0; at < IMAGE_BYTES; at += 4) image.writeInt32LE(Math.imul(seed + at, 2_654_435_761), at);
    await writeFile(join(folder, name), image);
  }
  const output = join(folder, 'next.ota');
  const releaseFile = parseReleaseFile(yaml, 'ota.yaml');
  await createBundle({ content: releaseFile, folder, output, force: true });
  await signBundleFile(output, [RELEASE]);
  return output;
}
