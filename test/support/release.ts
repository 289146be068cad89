import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createBundle } from '../../src/bundle/create.ts';
import { withOpenBundle } from '../../src/bundle/files.ts';
import { RULES } from '../../src/bundle/lint/lint.ts';
import type { ReleaseComponent, ReleaseFile } from '../../src/bundle/release-file/model.ts';
import { signBundleFile } from '../../src/bundle/sign.ts';
import { type Name, parseName, parseVersion, type Version } from '../../src/core/names.ts';
import { silent } from '../../src/core/progress.ts';
import type { Seconds } from '../../src/core/time.ts';
import type { UpdateReport } from '../../src/device/report.ts';
import { updateDevice } from '../../src/device/update.ts';
import { signerFromSeed } from '../../src/keys/ed25519.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { type PublishOptions, type PublishReport, publish } from '../../src/publish/publish.ts';
import { createTrust } from '../../src/repository/genesis.ts';
import type { Trust } from '../../src/repository/trust.ts';
import type { ReadStore, Store } from '../../src/storage/store.ts';
import { NOW } from './forge.ts';
import { tufJsAccepts } from './tuf-js.ts';

export const name = (text: string): Name => parseName(text, 'a name');
export const version = (text: string): Version => parseVersion(text, 'a version');
export const seeded = (seed: number): Signer => signerFromSeed(new Uint8Array(32).fill(seed));

export const RELEASE = seeded(1);
export const ONLINE = seeded(2);
export const PRODUCT = name('gateway');
export const HARDWARE = name('gw-a1');
/** Which releases stay live, where a test is not about that. */
export const KEEP = { releases: 5, versions: [] };
export const STABLE = name('stable');

/** The first root and targets of the test product. */
export async function makeTrust(release: Signer = RELEASE, online: Signer = ONLINE): Promise<Trust> {
  const { root, targets } = await createTrust({
    product: PRODUCT,
    releaseSigner: release,
    onlineKey: online.publicKey,
    now: NOW,
  });
  return { roots: [root.bytes], targetsBytes: targets.bytes };
}

/** The root that devices are made with. */
export const anchorOf = ({ roots: [first] }: Trust): Uint8Array =>
  first ?? expect.fail('a trust without roots');

/** Bytes that no compressor makes smaller; one seed gives the same ones each time. */
export function noise(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed + 1) * 2_654_435_761;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** The image with some bytes changed, so that a delta from one to the other is small. */
export function patched(image: Uint8Array, mark: number): Uint8Array {
  const bytes = Uint8Array.from(image);
  bytes.fill(mark, 100, 120);
  return bytes;
}

export interface TestComponent extends Partial<Omit<ReleaseComponent, 'name' | 'file'>> {
  readonly image: Uint8Array;
}

export interface TestRelease {
  /** `gateway` unless said otherwise. */
  readonly product?: Name;
  readonly version: string;
  readonly components: Readonly<Record<string, TestComponent>>;
  readonly hardware?: readonly string[];
  readonly signers?: readonly Signer[];
  readonly notes?: string;
  /** The time of the bundle's entries; 0 unless said otherwise. */
  readonly time?: Seconds;
}

/** Bundles and signs a release in a folder; gives the bundle's path. */
export async function makeBundle(folder: string, release: TestRelease): Promise<string> {
  const { product = PRODUCT } = release;
  const home = join(folder, `build-${release.version}`);
  mkdirSync(home, { recursive: true });
  const components: ReleaseComponent[] = [];
  for (const [key, { image, ...rest }] of Object.entries(release.components)) {
    writeFileSync(join(home, key), image);
    components.push({
      name: name(key),
      domain: 'app',
      file: key,
      version: version(release.version),
      counter: 1,
      provides: {},
      requires: {},
      compression: 'none',
      delta: {},
      order: 0,
      reboot: false,
      ...rest,
    });
  }
  if (release.notes !== undefined) writeFileSync(join(home, 'notes.md'), release.notes);
  const releaseFile: ReleaseFile = {
    product,
    version: version(release.version),
    hardware: (release.hardware ?? [HARDWARE]).map(name),
    components,
    fixed: [],
    extras: release.notes === undefined ? [] : ['notes.md'],
    channel: STABLE,
    keys: [],
    trust: 'trust',
    deltas: { from: 3 },
    keep: KEEP,
  };
  const output = join(folder, `${product}-${release.version}.ota`);
  const { time: sourceDateEpoch = 0 } = release;
  await createBundle({
    content: releaseFile,
    folder: home,
    output,
    force: true,
    sourceDateEpoch,
    // What is odd about images of tests is no matter.
    allow: new Set(RULES),
  });
  await signBundleFile(output, release.signers ?? [RELEASE]);
  return output;
}

export interface PublishTest extends Partial<Omit<PublishOptions, 'bundle' | 'store' | 'trust' | 'scratch'>> {
  readonly store: Store;
  readonly trust: Trust;
  /** A folder for deltas. */
  readonly scratch: string;
}

/**
 * Publishes a bundle file on `stable`, with both keys, unless told otherwise; whatever state of a store that leaves, tuf-js must
 * accept it.
 */
export async function publishFile(path: string, options: PublishTest): Promise<PublishReport> {
  const { store, trust, now = NOW } = options;
  const report = await publishUnseen(path, options);
  await tufJsAccepts(store, anchorOf(trust), now);
  return report;
}

/** As `publishFile`, but tuf-js asks the store nothing: a test that counts requests has it look at a copy. */
export async function publishUnseen(path: string, options: PublishTest): Promise<PublishReport> {
  mkdirSync(options.scratch, { recursive: true });
  return withOpenBundle(path, (bundle) =>
    publish({
      signers: [RELEASE, ONLINE],
      channel: STABLE,
      deltasFrom: 3,
      keep: KEEP,
      now: NOW,
      progress: silent,
      ...options,
      bundle,
    }),
  );
}

/** Updates the device in a folder, which is made if there is none. */
export const update = (
  folder: string,
  store: ReadStore,
  trust: Trust,
  options: {
    readonly now?: Seconds;
    readonly product?: Name;
    readonly hardware?: Name;
    readonly channel?: Name;
    readonly boot?: string;
    readonly playReboots?: boolean;
  } = {},
): Promise<UpdateReport> =>
  updateDevice({
    folder,
    store,
    create: {
      product: options.product ?? PRODUCT,
      hardware: options.hardware ?? HARDWARE,
      channel: options.channel ?? STABLE,
      rootBytes: anchorOf(trust),
    },
    now: options.now ?? NOW,
    progress: silent,
    ...(options.boot === undefined ? {} : { boot: options.boot }),
    ...(options.playReboots === undefined ? {} : { playReboots: options.playReboots }),
  });
