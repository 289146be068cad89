import { cp, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBundle } from '../src/bundle/create.ts';
import { withOpenBundle } from '../src/bundle/files.ts';
import { parseReleaseFile } from '../src/bundle/release-file/parse.ts';
import { signBundleFile } from '../src/bundle/sign.ts';
import { parseName } from '../src/core/names.ts';
import { silent } from '../src/core/progress.ts';
import { DAY } from '../src/core/time.ts';
import { updateDevice } from '../src/device/update.ts';
import { signerFromSeed } from '../src/keys/ed25519.ts';
import { sealKey, writePublicKeyFile } from '../src/keys/key-file.ts';
import { publish } from '../src/publish/publish.ts';
import { refreshRepository } from '../src/publish/refresh.ts';
import { createTrust } from '../src/repository/genesis.ts';
import type { Trust } from '../src/repository/trust.ts';
import { pruneStore } from '../src/retention/prune.ts';
import { directoryStore } from '../src/storage/directory.ts';
import { type Counts, countingStore } from './counting-store.ts';
import { type Measured, measure } from './measure.ts';

const BIN = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const SIZES = [10, 100, 1000];
/** Releases that stay live. */
const LIVE = 5;
const NOW = Math.floor(Date.now() / 1000);
/** When all was published: no device can hold a timestamp from then, so that there is something to refresh and to prune. */
const THEN = NOW - 60 * DAY;
const SEEDS = { release: new Uint8Array(32).fill(1), online: new Uint8Array(32).fill(2) };
const RELEASE = signerFromSeed(SEEDS.release);
const ONLINE = signerFromSeed(SEEDS.online);
const PASSPHRASE = 'bench';
/** Base-2 logarithm: 1 MiB, so that opening a key is not the most that a process takes. */
const WORK_FACTOR = 10;
const PRODUCT = parseName('gateway', 'the product');
const STABLE = parseName('stable', 'the channel');

type Row = Readonly<Record<string, string | number>>;
type Figures = Readonly<Record<string, string | number>>;

/**
 * What a device asks for to learn that nothing is new, and to update by deltas from the release before; what publishing the next release,
 * refreshing and pruning ask for, read and write, and what the built tool takes of memory for each, as a whole process; after so many releases of
 * three components, each of them really bundled, signed and published. Payloads count, so that metadata can be seen beside them.
 */
export async function benchRepository(): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ota-bench-'));
  try {
    const history = await History.start(folder);
    const columns = new Map<number, Figures>();
    for (let release = 1; release <= Math.max(...SIZES); release += 1) {
      if (!SIZES.includes(release)) await history.publish(release);
      else columns.set(release, await figures(history, release));
    }
    const names = Object.keys([...columns.values()][0] ?? {});
    return names.map((what) => ({
      what,
      ...Object.fromEntries([...columns].map(([size, found]) => [`${size} releases`, found[what] ?? '-'])),
    }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function figures(history: History, release: number): Promise<Figures> {
  await history.update();
  const publisher = await history.publish(release);
  const update = await history.update();
  const nothing = await history.update();
  const later = await history.later();
  const whole = await history.wholeProcesses(release + 1);
  return {
    ...asked('nothing new', nothing),
    ...asked('update', update),
    ...asked('publish', publisher),
    ...written('publish', publisher),
    ...took('publish', whole.publish),
    ...asked('refresh', later.refresh),
    ...written('refresh', later.refresh),
    ...took('refresh', whole.refresh),
    'prune: objects in the store': later.objects,
    'prune: deleted': later.deleted,
    ...asked('prune --dry-run', later.dryRun),
    ...took('prune --dry-run', whole.dryRun),
    ...asked('prune', later.prune),
    ...took('prune', whole.prune),
  };
}

const asked = (what: string, { requests, read, listed }: Counts): Figures => ({
  [`${what}: requests`]: requests,
  [`${what}: bytes read`]: read,
  ...(listed === 0 ? {} : { [`${what}: objects listed`]: listed }),
});

const written = (what: string, counts: Counts): Figures => ({ [`${what}: bytes written`]: counts.written });

const took = (what: string, { megabytes, cpuSeconds }: Measured): Figures => ({
  [`${what}: peak MB of the process`]: megabytes ?? '-',
  [`${what}: CPU s of the process`]: cpuSeconds?.toFixed(2) ?? '-',
});

/** One product, published release by release to a folder, and a device that updates when it is told to. */
class History {
  readonly #folder: string;
  readonly #trust: Trust;
  readonly #store;

  /** @param folder a new one; the product's own is `product` in it */
  static async start(folder: string): Promise<History> {
    const { root, targets } = await createTrust({
      product: PRODUCT,
      releaseSigner: RELEASE,
      onlineKey: ONLINE.publicKey,
      now: THEN,
    });
    const product = join(folder, 'product');
    for (const name of ['keys', 'trust']) await mkdir(join(product, name), { recursive: true });
    await writeFile(join(product, 'trust/1.root.json'), root.bytes);
    await writeFile(join(product, 'trust/1.targets.json'), targets.bytes);
    await writeFile(join(product, 'keys/passphrase.txt'), PASSPHRASE);
    for (const [name, seed] of Object.entries(SEEDS)) {
      await writeFile(join(product, `keys/${name}.key.age`), await sealKey(seed, PASSPHRASE, WORK_FACTOR), {
        mode: 0o600,
      });
      const { publicKey } = signerFromSeed(seed);
      await writeFile(join(product, `keys/${name}.pub`), writePublicKeyFile(publicKey));
    }
    return new History(folder, { roots: [root.bytes], targetsBytes: targets.bytes });
  }

  private constructor(folder: string, trust: Trust) {
    this.#folder = folder;
    this.#trust = trust;
    this.#store = countingStore(directoryStore(this.#at('repository')));
  }

  #at(name: string): string {
    return join(this.#folder, 'product', name);
  }

  async publish(release: number): Promise<Counts> {
    await this.#bundle(release);
    const scratch = await mkdtemp(join(this.#folder, 'scratch-'));
    this.#store.take();
    await withOpenBundle(this.#at('next.ota'), (bundle) =>
      publish({
        bundle,
        store: this.#store,
        trust: this.#trust,
        signers: [RELEASE, ONLINE],
        channel: STABLE,
        // Those of releases that are archived by the time of a measurement are of no use to anyone then.
        deltasFrom: SIZES.some((size) => release > size - LIVE && release <= size) ? 3 : 0,
        keep: { releases: LIVE, versions: [] },
        scratch,
        now: THEN,
        progress: silent,
      }),
    );
    await rm(scratch, { recursive: true });
    return this.#store.take();
  }

  async update(): Promise<Counts> {
    this.#store.take();
    await updateDevice({
      folder: join(this.#folder, 'device'),
      store: this.#store,
      create: {
        product: PRODUCT,
        hardware: parseName('gw-a1', 'the hardware'),
        channel: STABLE,
        rootBytes: this.#trust.roots[0] as Uint8Array,
      },
      now: THEN,
      progress: silent,
    });
    return this.#store.take();
  }

  /** What refreshing and pruning ask for two months on. */
  later(): Promise<{
    readonly refresh: Counts;
    readonly dryRun: Counts;
    readonly prune: Counts;
    readonly deleted: number;
    readonly objects: number;
  }> {
    return this.#aged(async (product) => {
      const store = countingStore(directoryStore(join(product, 'repository')));
      const common = { store, trust: this.#trust, now: NOW, progress: silent };
      await refreshRepository({
        ...common,
        atHand: new Set([ONLINE.publicKey.keyid]),
        unlock: async () => [ONLINE],
        force: false,
      });
      const refresh = store.take();
      const patience = { grace: 7 * DAY, staged: 0 };
      await pruneStore({ ...common, patience, dryRun: true });
      const dryRun = store.take();
      const { deleted, kept, waiting } = await pruneStore({ ...common, patience, dryRun: false });
      const prune = store.take();
      return {
        refresh,
        dryRun,
        prune: { ...prune, requests: prune.requests - deleted.objects },
        deleted: deleted.objects,
        objects: deleted.objects + kept.objects + waiting.objects,
      };
    });
  }

  /** The same by the built tool, and the release after it. */
  async wholeProcesses(next: number) {
    await this.#bundle(next);
    return this.#aged(async (product) => {
      const ota = (...args: readonly string[]) => measure(process.execPath, [BIN, ...args], { cwd: product });
      const passphrase = ['--passphrase-file', 'keys/passphrase.txt'];
      const refresh = ota('refresh', ...passphrase);
      const dryRun = ota('prune', '--dry-run');
      const prune = ota('prune');
      return { refresh, dryRun, prune, publish: ota('publish', 'next.ota', ...passphrase) };
    });
  }

  /** With a copy of all of it, whose objects are as old as what is in them says. */
  async #aged<T>(use: (product: string) => Promise<T>): Promise<T> {
    const copy = join(this.#folder, 'copy');
    await cp(join(this.#folder, 'product'), copy, { recursive: true });
    for (const entry of await readdir(join(copy, 'repository'), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) await utimes(join(entry.parentPath, entry.name), THEN, THEN);
    }
    try {
      return await use(copy);
    } finally {
      await rm(copy, { recursive: true });
    }
  }

  async #bundle(release: number): Promise<void> {
    const version = `1.${release}.0`;
    const yaml = `product: gateway
version: ${version}
hardware: [gw-a1]
components:
  linux: {domain: os, file: linux, version: ${version}, counter: 1, compression: none}
  radio: {domain: coprocessor, file: radio, version: ${version}, counter: 1, compression: none}
  boot: {domain: bootloader, file: boot, version: 1.0.0, counter: 1, compression: none}
store: ./repository
keys: [keys/release.key.age, keys/online.key.age]
`;
    await writeFile(this.#at('ota.yaml'), yaml);
    await writeFile(this.#at('linux'), image(1, 32_768, release));
    await writeFile(this.#at('radio'), image(2, 8_192, release));
    await writeFile(this.#at('boot'), image(3, 4_096, 0));
    await createBundle({
      content: parseReleaseFile(yaml, 'ota.yaml'),
      folder: join(this.#folder, 'product'),
      output: this.#at('next.ota'),
      force: true,
    });
    await signBundleFile(this.#at('next.ota'), [RELEASE]);
  }
}

/** Bytes that do not compress, of which a few differ from release to release. */
function image(seed: number, length: number, release: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed * 2_654_435_761;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  new DataView(bytes.buffer).setUint32(length / 2, release);
  return bytes;
}
