import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBundle } from '../src/bundle/create.ts';
import { withOpenBundle } from '../src/bundle/files.ts';
import { parseReleaseFile } from '../src/bundle/release-file/parse.ts';
import { signBundleFile } from '../src/bundle/sign.ts';
import { parseName } from '../src/core/names.ts';
import { silent } from '../src/core/progress.ts';
import { DAY } from '../src/core/time.ts';
import { updateDevice } from '../src/device/update.ts';
import { signerFromSeed } from '../src/keys/ed25519.ts';
import { publish } from '../src/publish/publish.ts';
import { refreshRepository } from '../src/publish/refresh.ts';
import { createTrust } from '../src/repository/genesis.ts';
import type { Trust } from '../src/repository/trust.ts';
import { pruneStore } from '../src/retention/prune.ts';
import { directoryStore } from '../src/storage/directory.ts';
import { type Counts, countingStore } from './counting-store.ts';

const SIZES = [10, 100, 1000];
const NOW = Math.floor(Date.now() / 1000);
const LATER = NOW + 60 * DAY;
const KEYS = [1, 2].map((seed) => signerFromSeed(new Uint8Array(32).fill(seed)));
const [RELEASE, ONLINE] = KEYS as [(typeof KEYS)[number], (typeof KEYS)[number]];
const PRODUCT = parseName('gateway', 'the product');
const STABLE = parseName('stable', 'the channel');

type Row = Readonly<Record<string, string | number>>;

/**
 * What a device asks for to learn that nothing is new, and to update by deltas from the release before, and what a publisher asks for
 * and writes, after so many releases of three components, each of them really bundled, signed and published. Payloads count,
 * so that metadata can be seen beside them.
 */
export async function benchRepository(): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ota-bench-'));
  try {
    const { root, targets } = await createTrust({
      product: PRODUCT,
      releaseSigner: RELEASE,
      onlineKey: ONLINE.publicKey,
      now: NOW,
    });
    const history = new History(folder, { roots: [root.bytes], targetsBytes: targets.bytes });
    const rows: Row[] = [];
    for (let release = 1; release <= Math.max(...SIZES); release += 1) {
      const measured = SIZES.includes(release);
      if (measured) await history.update();
      const cpu = process.cpuUsage();
      const publisher = await history.publish(release);
      const { user, system } = process.cpuUsage(cpu);
      if (!measured) continue;
      const update = await history.update();
      const { refresh, counts, deleted, looked } = await history.prune();
      rows.push({
        releases: release,
        ...shown('nothing new', await history.update()),
        ...shown('update', update),
        'publish requests': publisher.requests,
        'publish reads B': publisher.read,
        'publish writes B': publisher.written,
        'publish CPU s': ((user + system) / 1e6).toFixed(2),
        'refresh requests': refresh.requests,
        'prune objects': looked,
        'prune deletes': deleted,
        // Three of them list the store, a page of 1,000 objects at a time.
        'prune other requests': counts.requests - deleted,
      });
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const shown = (what: string, { requests, read }: Counts): Row => ({
  [`${what} requests`]: requests,
  [`${what} B`]: read,
});

/** One product, published release by release to a folder, and a device that updates when it is told to. */
class History {
  readonly #folder: string;
  readonly #trust: Trust;
  readonly #store;

  constructor(folder: string, trust: Trust) {
    this.#folder = folder;
    this.#trust = trust;
    this.#store = countingStore(directoryStore(join(folder, 'repository')));
  }

  async publish(release: number): Promise<Counts> {
    const path = join(this.#folder, 'next.ota');
    await this.#bundle(release, path);
    const scratch = await mkdtemp(join(this.#folder, 'scratch-'));
    this.#store.take();
    await withOpenBundle(path, (bundle) =>
      publish({
        bundle,
        store: this.#store,
        trust: this.#trust,
        signers: [RELEASE, ONLINE],
        channel: STABLE,
        deltasFrom: 3,
        keep: { releases: 5, versions: [] },
        scratch,
        now: NOW,
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
      now: NOW,
      progress: silent,
    });
    return this.#store.take();
  }

  /** Of a copy: a refresh two months on, as a nightly job that is late, and then a prune, when no device can hold a timestamp from before. */
  async prune(): Promise<{
    readonly refresh: Counts;
    readonly counts: Counts;
    readonly deleted: number;
    readonly looked: number;
  }> {
    const folder = join(this.#folder, 'copy');
    await cp(join(this.#folder, 'repository'), folder, { recursive: true });
    const store = countingStore(directoryStore(folder));
    const common = { store, trust: this.#trust, now: LATER, progress: silent };
    await refreshRepository({
      ...common,
      atHand: new Set([ONLINE.publicKey.keyid]),
      unlock: async () => [ONLINE],
      force: false,
    });
    const refresh = store.take();
    const { deleted, kept, waiting } = await pruneStore({
      ...common,
      patience: { grace: 7 * DAY, staged: 0 },
      dryRun: false,
    });
    await rm(folder, { recursive: true });
    const looked = deleted.objects + kept.objects + waiting.objects;
    return { refresh, counts: store.take(), deleted: deleted.objects, looked };
  }

  async #bundle(release: number, path: string): Promise<void> {
    const version = `1.${release}.0`;
    const yaml = `product: gateway
version: ${version}
hardware: [gw-a1]
components:
  linux: {domain: os, file: linux, version: ${version}, counter: 1, compression: none}
  radio: {domain: coprocessor, file: radio, version: ${version}, counter: 1, compression: none}
  boot: {domain: bootloader, file: boot, version: 1.0.0, counter: 1, compression: none}
`;
    await writeFile(join(this.#folder, 'linux'), image(1, 32_768, release));
    await writeFile(join(this.#folder, 'radio'), image(2, 8_192, release));
    await writeFile(join(this.#folder, 'boot'), image(3, 4_096, 0));
    await createBundle({
      content: parseReleaseFile(yaml, 'ota.yaml'),
      folder: this.#folder,
      output: path,
      force: true,
    });
    await signBundleFile(path, [RELEASE]);
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
