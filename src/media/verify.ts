import { MAX_MANIFEST_BYTES, type Manifest } from '../bundle/manifest.ts';
import { parseManifest } from '../bundle/parse-manifest.ts';
import { type Digest, Hasher, sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import { inParallel } from '../core/parallel.ts';
import type { Progress } from '../core/progress.ts';
import { formatTime, type Seconds } from '../core/time.ts';
import { channelOf } from '../device/choose.ts';
import { refresh } from '../device/client/refresh.ts';
import type { TrustedRepository } from '../device/client/repository.ts';
import { memoryState } from '../device/client/state.ts';
import { componentsFor } from '../device/plan.ts';
import { releasesOf } from '../publish/releases.ts';
import { signaturesKey } from '../publish/signature-files.ts';
import { readContent } from '../repository/content.ts';
import {
  channelsRole,
  manifestPath,
  metadataKey,
  payloadPath,
  productRole,
  TIMESTAMP_KEY,
  targetKey,
} from '../repository/layout.ts';
import { mediaProfileText } from '../repository/media-profile.ts';
import type { Metadata, Targets } from '../repository/model.ts';
import { type Finding, Findings } from '../verify/findings.ts';
import { type Anchor, followMediumRoots } from './anchor.ts';
import type { MediumProduct } from './create.ts';
import { acceptedUntil, lastingOf } from './lasting.ts';
import type { MediaFile, MediaFor } from './layout.ts';
import { partsOf } from './parts.ts';
import { sizeOf } from './slice.ts';
import type { Medium } from './store.ts';

export interface VerifyMediumOptions {
  readonly medium: Medium;
  readonly anchor: Anchor;
  /** When what has expired is judged. */
  readonly now: Seconds;
  readonly progress: Progress;
}

export interface MediumVerification {
  readonly path: string;
  /** The time that expiry was judged at. */
  readonly at: string;
  readonly sound: boolean;
  readonly made: string;
  /** The roots on it; nothing where they are refused. */
  readonly roots?: { readonly first: number; readonly last: number };
  /** What it is for, as far as that is signed. */
  readonly products: readonly MediumProduct[];
  readonly files: number;
  readonly bytes: number;
  readonly faults: readonly Finding[];
  /** Files where its own are that it does not list: no device looks at them. */
  readonly extra: readonly string[];
}

/** Files that are read at a time. */
const WIDTH = 2;
/** Expiry is judged by the profile, of all roles at once. */
const LONG_AGO: Seconds = 0;

const AGAIN =
  'Copy it again from where it came from, or get another one: devices refuse this one or a part of it.';

/**
 * Verifies a medium from a root that is trusted: the chain of roots, the roles, every byte of every file, and that it has what it says that
 * it has. All faults are reported; nothing is written.
 *
 * @throws OtaError `media-removed` where it cannot be read to its end
 */
export async function verifyMedium(options: VerifyMediumOptions): Promise<MediumVerification> {
  const { medium, now, progress } = options;
  const { layout, store } = medium;
  const findings = new Findings();
  const intact = await readFiles(medium, findings, progress);
  const found = await findings.attempt('metadata', () => followMediumRoots(store, options.anchor));
  const products: MediumProduct[] = [];
  const repository =
    found &&
    (await findings.attempt(TIMESTAMP_KEY, () =>
      refresh({ store, state: memoryState(found.trusted), now: LONG_AGO }),
    ));
  if (repository) {
    const roles = new Map<string, Metadata<Targets>>();
    for (const product of layout.for) {
      await findings.attempt(product.product, async () => {
        products.push(await describe(repository, product, findings, now));
        for (const name of [productRole(product.product), channelsRole(product.product)])
          roles.set(name, await repository.role(name));
        await checkContents(repository, product, intact, findings);
      });
    }
    // Where a role was refused, what only it vouches for is not foreign.
    if (roles.size === 2 * layout.for.length)
      checkVouched(layout.files, expectedOf(repository, found.chain.length, roles), findings);
  }
  return {
    path: store.url,
    at: formatTime(now),
    sound: findings.faults.length === 0,
    made: formatTime(layout.made),
    ...(found ? { roots: { first: 1, last: found.chain.length } } : {}),
    products,
    files: layout.files.length,
    bytes: sizeOf(layout.files),
    faults: findings.faults,
    extra: await extraFiles(medium),
  };
}

/** Reads every file; gives the keys of those that are as they are listed. */
async function readFiles(
  { layout, store }: Medium,
  findings: Findings,
  progress: Progress,
): Promise<ReadonlySet<string>> {
  const intact = new Set<string>();
  const total = sizeOf(layout.files);
  let done = 0;
  await inParallel(layout.files, WIDTH, async (file) => {
    await findings.attempt(file.key, async () => {
      const hasher = new Hasher();
      for await (const piece of (await store.stream(file.key)) ?? []) {
        hasher.update(piece);
        done += piece.length;
        progress({ task: 'verify medium', done, total });
      }
      if (sameDigest(hasher.digest(), file)) intact.add(file.key);
      else throw damaged(file.key, 'has other bytes than it had when the medium was made');
    });
  });
  return intact;
}

const damaged = (key: string, what: string): OtaError =>
  new OtaError('media-damaged', `${key} ${what}`, {
    where: key,
    hint:
      key === TIMESTAMP_KEY
        ? `Where its renewal was cut off, run "ota media refresh" again. ${AGAIN}`
        : AGAIN,
  });

/** What is on it for one product, and until when devices take it. */
async function describe(
  repository: TrustedRepository,
  product: MediaFor,
  findings: Findings,
  now: Seconds,
): Promise<MediumProduct> {
  const lasting = await lastingOf(repository, product.product);
  const until = acceptedUntil(lasting.profile, lasting);
  if (until <= now) {
    findings.add(
      'media-expired',
      product.product,
      `devices take it no longer since ${formatTime(until)}: ${mediaProfileText(lasting.profile)}`,
      'Renew it with "ota media refresh" where the repository is, or get another one.',
    );
  }
  return {
    ...product,
    profile: lasting.profile,
    ...(Number.isFinite(until) ? { until: formatTime(until) } : {}),
    ahead: [],
  };
}

/** Whether what it says of a product is on it: its channels, the releases that they give out, and where it says so all payloads. */
async function checkContents(
  repository: TrustedRepository,
  { product, channels, releases, hardware, full }: MediaFor,
  intact: ReadonlySet<string>,
  findings: Findings,
): Promise<void> {
  const role = await repository.role(productRole(product));
  for (const name of channels) {
    await findings.attempt(`${product}/channels/${name}`, async () => {
      const channel = await channelOf(repository, { product, channel: name });
      const given = [channel.release.version, ...(channel.rollout ? [channel.rollout.from.version] : [])];
      const said = releases.filter((release) => release.channel === name);
      const other = said.find(({ version }) => !given.includes(version));
      if (other)
        throw damaged('ota-media.json', `says that ${name} gives out ${other.version}, and it does not`);
    });
  }
  for (const { version } of releases) {
    const path = manifestPath(product, version);
    await findings.attempt(path, async () => {
      const bytes = await repository.read(await repository.get(path), MAX_MANIFEST_BYTES);
      const manifest = readContent(path, () => parseManifest(bytes, path));
      if (full) checkPayloads(role, manifest, hardware, intact, findings);
    });
  }
}

function checkPayloads(
  { signed }: Metadata<Targets>,
  manifest: Manifest,
  hardware: readonly Name[],
  intact: ReadonlySet<string>,
  findings: Findings,
): void {
  const { product, version } = manifest;
  for (const { name } of new Set(hardware.flatMap((id) => componentsFor(manifest, id)))) {
    const path = payloadPath(product, version, name);
    const file = signed.targets.get(path);
    const key = file && targetKey(path, file.sha256);
    // One that is listed and not intact is a finding already.
    if (key !== undefined && (intact.has(key) || findings.faults.some(({ where }) => where === key)))
      continue;
    findings.add(
      'media-incomplete',
      path,
      `${path} is not on the medium, which says that it has all payloads`,
      AGAIN,
    );
  }
}

/** What the roles say of the files that may be on it. */
function expectedOf(
  { root, timestamp, snapshot, targets }: TrustedRepository,
  roots: number,
  roles: ReadonlyMap<string, Metadata<Targets>>,
): ReadonlyMap<string, Digest | undefined> {
  const consistent = root.signed.consistentSnapshot;
  const key = (role: string, version: number) => metadataKey(role, consistent ? version : undefined);
  const expected = new Map<string, Digest | undefined>([
    [TIMESTAMP_KEY, timestamp.sealed],
    [key('snapshot', snapshot.signed.version), snapshot.sealed],
    [key('targets', targets.signed.version), targets.sealed],
  ]);
  for (let version = 1; version <= roots; version += 1) expected.set(metadataKey('root', version), undefined);
  for (const [name, { sealed, signed }] of roles) {
    expected.set(key(name, signed.version), sealed);
    for (const [path, file] of signed.targets)
      expected.set(targetKey(path, consistent ? file.sha256 : undefined), file);
    // Signatures that were made in one go with the role vouch for themselves.
    for (const { product, version, manifest } of releasesOf(signed))
      expected.set(signaturesKey({ product, version, manifestSha256: manifest.sha256 }), undefined);
  }
  return expected;
}

function checkVouched(
  files: readonly MediaFile[],
  expected: ReadonlyMap<string, Digest | undefined>,
  findings: Findings,
): void {
  for (const file of files) {
    if (!file.key.includes('/')) continue;
    const signed = expected.get(file.key);
    if (!expected.has(file.key)) {
      findings.add('media-foreign', file.key, `no role on the medium vouches for ${file.key}`, AGAIN);
    } else if (signed && !sameDigest(signed, file)) {
      findings.add('media-damaged', file.key, `${file.key} is not the one that is signed`, AGAIN);
    }
  }
}

async function extraFiles({ layout, files }: Medium): Promise<readonly string[]> {
  const known = new Set(
    layout.files.flatMap(({ key, length }) => partsOf(key, length, layout.parts).map((part) => part.key)),
  );
  const extra: string[] = [];
  for (const prefix of ['metadata/', 'targets/'])
    for await (const { key } of files.list(prefix)) if (!known.has(key)) extra.push(key);
  return extra;
}
