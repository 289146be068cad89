import { join } from 'node:path';
import { type CreatedBundle, createBundle } from '../../bundle/create.ts';
import { withOpenBundle } from '../../bundle/files.ts';
import { readReleaseFile } from '../../bundle/release-file/read.ts';
import { signBundleFile } from '../../bundle/sign.ts';
import { utf8 } from '../../core/bytes.ts';
import { OtaError } from '../../core/errors.ts';
import { parseName } from '../../core/names.ts';
import type { Progress } from '../../core/progress.ts';
import type { Seconds } from '../../core/time.ts';
import type { UpdateReport } from '../../device/report.ts';
import { updateDevice } from '../../device/update.ts';
import { listFolder, readSmallFile } from '../../files/read.ts';
import { removeFolder } from '../../files/remove.ts';
import { makeFolder, withScratchFolder, writeFileAtomic } from '../../files/write.ts';
import { demoSeed } from '../../keys/demo.ts';
import { signerFromSeed } from '../../keys/ed25519.ts';
import { describeKey, type KeyDescription } from '../../keys/fingerprint.ts';
import { createKeyFiles } from '../../keys/locker.ts';
import type { Signer } from '../../keys/signer.ts';
import { type PublishReport, publish } from '../../publish/publish.ts';
import { createTrust } from '../../repository/genesis.ts';
import type { Trust } from '../../repository/trust.ts';
import { openStore } from '../../storage/open.ts';
import { type DemoComponent, type DemoVersion, VERSIONS } from './images.ts';
import { demoReleaseFile, HARDWARE, PRODUCT } from './release-file.ts';

/** The demo's keys are known to everyone and refused elsewhere, so their passphrase is no secret either. */
const PASSPHRASE = 'the demo is no secret';
const MARKER = '.ota-demo';

export interface DemoKey extends KeyDescription {
  readonly name: 'release' | 'online';
  readonly file: string;
}

export interface DemoReport {
  readonly folder: string;
  readonly keys: readonly DemoKey[];
  readonly releases: readonly {
    readonly version: DemoVersion;
    readonly bundle: CreatedBundle;
    readonly published: PublishReport;
    readonly device: UpdateReport;
  }[];
  /** Bytes that the device downloaded to go from the first release to the second, and what it would be in full. */
  readonly update: { readonly downloaded: number; readonly full: number };
}

/** A step of the demo that has ended, with the seconds that it took. */
export type DemoEvent =
  | { readonly step: 'keys'; readonly keys: readonly DemoKey[]; readonly seconds: number }
  | {
      readonly step: 'bundle';
      readonly version: DemoVersion;
      readonly bundle: CreatedBundle;
      readonly seconds: number;
    }
  | { readonly step: 'sign'; readonly version: DemoVersion; readonly keyid: string; readonly seconds: number }
  | { readonly step: 'publish'; readonly report: PublishReport; readonly seconds: number }
  | { readonly step: 'device'; readonly report: UpdateReport; readonly seconds: number };

export interface DemoOptions {
  readonly folder: string;
  readonly components: readonly DemoComponent[];
  readonly now: Seconds;
  /** Seconds since any moment, for the times that are shown. */
  readonly clock: () => number;
  readonly progress: Progress;
  readonly onEvent: (event: DemoEvent) => void;
}

/**
 * The whole chain on a plain folder: keys, two releases bundled, signed and published, and a device that updates from the
 * first to the second.
 *
 * @throws OtaError `output-exists` when the folder holds something else than an earlier demo
 */
export async function runDemo(options: DemoOptions): Promise<DemoReport> {
  const { folder, components, now, onEvent } = options;
  const timed = async <T>(work: () => Promise<T>): Promise<readonly [T, number]> => {
    const start = options.clock();
    return [await work(), options.clock() - start];
  };
  await freshFolder(folder);
  const [{ keys, signers, trust }, keySeconds] = await timed(() => makeTrust(folder, now));
  onEvent({ step: 'keys', keys, seconds: keySeconds });
  const releases: DemoReport['releases'][number][] = [];
  for (const version of VERSIONS) {
    const path = join(folder, `${PRODUCT}-${version}.ota`);
    const releaseFolder = await writeRelease(folder, version, components);
    const [bundle, bundleSeconds] = await timed(() => bundleRelease(releaseFolder, path, options.progress));
    onEvent({ step: 'bundle', version, bundle, seconds: bundleSeconds });

    const [, signSeconds] = await timed(() => signBundleFile(path, [signers.release]));
    onEvent({ step: 'sign', version, keyid: signers.release.publicKey.keyid, seconds: signSeconds });

    const [published, publishSeconds] = await timed(() =>
      publishRelease(options, path, trust, [signers.release, signers.online]),
    );
    onEvent({ step: 'publish', report: published, seconds: publishSeconds });

    const [device, deviceSeconds] = await timed(() => updateDemoDevice(options, trust));
    onEvent({ step: 'device', report: device, seconds: deviceSeconds });
    releases.push({ version, bundle, published, device });
  }
  const last = releases[releases.length - 1];
  const full = (last?.bundle.manifest.components ?? [])
    .filter(({ name }) =>
      last?.device.components.some((item) => item.component === name && item.action !== 'keep'),
    )
    .reduce((sum, { payload }) => sum + payload.length, 0);
  return { folder, keys, releases, update: { downloaded: last?.device.downloadedBytes ?? 0, full } };
}

async function freshFolder(folder: string): Promise<void> {
  const found = await listFolder(folder);
  if (found.length > 0 && !found.includes(MARKER)) {
    throw new OtaError('output-exists', `${folder} holds files that are not the demo's`, {
      where: folder,
      hint: 'Name another folder with --dir; the demo replaces only what an earlier demo made.',
    });
  }
  await removeFolder(folder);
  await makeFolder(folder);
  await writeFileAtomic(
    join(folder, MARKER),
    utf8('Made by "ota demo", which replaces this folder when it runs again.\n'),
  );
}

async function makeTrust(folder: string, now: Seconds) {
  const signers = {
    release: signerFromSeed(demoSeed('release')),
    online: signerFromSeed(demoSeed('online')),
  };
  const keyFolder = join(folder, 'keys');
  await makeFolder(keyFolder, 0o700);
  const keys: DemoKey[] = [];
  for (const name of ['release', 'online'] as const) {
    const { keyPath, publicKey } = await createKeyFiles(
      keyFolder,
      name,
      demoSeed(name),
      PASSPHRASE,
      'online',
    );
    keys.push({ name, ...(await describeKey(publicKey)), file: keyPath });
  }
  const product = parseName(PRODUCT, 'the product');
  const first = await createTrust({
    product,
    releaseSigner: signers.release,
    onlineKey: signers.online.publicKey,
    now,
  });
  await makeFolder(join(folder, 'trust'));
  await writeFileAtomic(join(folder, 'trust', '1.root.json'), first.root.bytes);
  await writeFileAtomic(join(folder, 'trust', '1.targets.json'), first.targets.bytes);
  const trust: Trust = { roots: [first.root.bytes], targetsBytes: first.targets.bytes };
  return { keys, signers, trust };
}

async function writeRelease(
  folder: string,
  version: DemoVersion,
  components: readonly DemoComponent[],
): Promise<string> {
  const releaseFolder = join(folder, version);
  await makeFolder(releaseFolder);
  for (const { file, image } of components)
    await writeFileAtomic(join(releaseFolder, file), await image(version));
  await writeFileAtomic(join(releaseFolder, 'ota.yaml'), utf8(demoReleaseFile(version, components)));
  return releaseFolder;
}

async function bundleRelease(folder: string, output: string, progress: Progress): Promise<CreatedBundle> {
  const path = join(folder, 'ota.yaml');
  const content = readReleaseFile(await readSmallFile(path), path);
  return createBundle({ content, folder, output, progress });
}

async function publishRelease(
  { folder, now, progress }: DemoOptions,
  path: string,
  trust: Trust,
  signers: readonly Signer[],
): Promise<PublishReport> {
  const store = await openStore(join(folder, 'repository'));
  const channel = parseName('stable', 'the channel');
  return withOpenBundle(path, (bundle) =>
    withScratchFolder((scratch) =>
      publish({
        bundle,
        store,
        trust,
        signers,
        channel,
        deltasFrom: 3,
        keep: { releases: 5, versions: [] },
        scratch,
        now,
        progress,
        demo: true,
      }),
    ),
  );
}

async function updateDemoDevice({ folder, now, progress }: DemoOptions, trust: Trust): Promise<UpdateReport> {
  return updateDevice({
    folder: join(folder, 'device'),
    store: await openStore(join(folder, 'repository')),
    create: {
      product: parseName(PRODUCT, 'the product'),
      hardware: parseName(HARDWARE, 'the hardware'),
      channel: parseName('stable', 'the channel'),
      rootBytes: trust.roots[0] as Uint8Array,
    },
    now,
    progress,
  });
}
