import { MAX_MANIFEST_BYTES, type Manifest } from '../../bundle/manifest.ts';
import { parseManifest } from '../../bundle/parse-manifest.ts';
import { fromUtf8 } from '../../core/bytes.ts';
import { sameDigest } from '../../core/digest.ts';
import { OtaError } from '../../core/errors.ts';
import type { Name, Version } from '../../core/names.ts';
import type { Seconds } from '../../core/time.ts';
import { channelOf } from '../../device/choose.ts';
import type { TrustedRepository } from '../../device/client/repository.ts';
import type { Channel, ChannelRelease } from '../../repository/channel.ts';
import { readContent } from '../../repository/content.ts';
import { channelsRole, extraPath, manifestPath, productRole, targetKey } from '../../repository/layout.ts';
import type { Metadata, Targets } from '../../repository/model.ts';
import type { RecallMark } from '../../repository/recalls.ts';
import type { MediaFor, MediaLayout } from '../layout.ts';
import { notesIn } from '../notes.ts';
import { type ComponentContents, componentsOf } from './components.ts';

/** What a medium holds for the devices of one product, as its signatures say. */
export interface ProductContents {
  readonly product: Name;
  readonly hardware: readonly Name[];
  /** Releases that its devices have; none where they may have any or nothing. */
  readonly from: readonly Version[];
  readonly releases: readonly ReleaseContents[];
  /** Roles that speak about the product. */
  readonly roles: readonly Metadata<Targets>[];
}

export interface ReleaseContents {
  readonly channel: Name;
  readonly version: Version;
  /** `given`: what the channel gives out. `before`: what devices keep that it is not given to yet. `passed`: what some pass through. */
  readonly place: 'given' | 'before' | 'passed';
  readonly recalled?: RecallMark;
  /** When every device of the channel is given it, where only some are before; never while it is paused. */
  readonly steps?: { readonly all: Seconds } | { readonly paused: Seconds };
  readonly components: readonly ComponentContents[];
  readonly notes: readonly Notes[];
}

/** A text that came with a release. */
export interface Notes {
  readonly name: string;
  readonly text: string;
}

/**
 * What a medium holds for a product.
 *
 * @param held the documents and notes that are on it, by key
 * @throws OtaError as `TrustedRepository.role` and `channelOf`; `digest-mismatch`, `release-missing`, `target-invalid`
 */
export async function productContents(
  repository: TrustedRepository,
  entry: MediaFor,
  layout: MediaLayout,
  held: ReadonlyMap<string, Uint8Array>,
): Promise<ProductContents> {
  const { product, hardware, from, channels } = entry;
  const role = await repository.role(productRole(product));
  const choosing = await repository.role(channelsRole(product));
  const releases: ReleaseContents[] = [];
  for (const name of channels) {
    const channel = await channelOf(repository, { product, channel: name });
    for (const [place, release] of releasesOf(channel)) {
      const key = await keyOf(repository, manifestPath(product, release.version));
      const isNamed = entry.releases.some(
        (said) => said.channel === name && said.version === release.version,
      );
      if (!held.has(key) && !isNamed) continue;
      const manifest = await manifestOf(repository, product, release);
      releases.push({
        channel: name,
        version: release.version,
        place,
        ...(release.recalled === undefined ? {} : { recalled: release.recalled }),
        ...(place === 'given' ? stepsOf(channel) : {}),
        components: componentsOf({
          entry,
          manifest,
          role,
          layout,
          direct: place === 'given' && isDirect(channel),
        }),
        notes: await notesOf(repository, manifest, held),
      });
    }
    checkNamed(entry, channel);
  }
  return {
    product,
    hardware,
    from,
    releases,
    roles: [role, choosing],
  };
}

const releasesOf = ({
  release,
  rollout,
  through = [],
}: Channel): (readonly [ReleaseContents['place'], ChannelRelease])[] => [
  ['given', release],
  ...(rollout === undefined ? [] : [['before', rollout.from] as const]),
  ...through.map((stop) => ['passed', stop] as const),
];

/** Whether every device of a channel goes to its release from what it has, with nothing in between. */
const isDirect = ({ release, rollout, through }: Channel): boolean =>
  release.recalled === undefined && rollout === undefined && through === undefined;

function stepsOf({ rollout }: Channel): Pick<ReleaseContents, 'steps'> {
  if (rollout === undefined) return {};
  if (rollout.paused !== undefined) return { steps: { paused: rollout.paused } };
  const last = rollout.steps.at(-1);
  return last?.percent === 100 ? { steps: { all: last.at } } : {};
}

/** The list of a medium is not signed, the channel is. */
function checkNamed({ product, releases }: MediaFor, { channel, ...given }: Channel): void {
  const known = releasesOf({ channel, ...given }).map(([, { version }]) => version);
  for (const said of releases) {
    if (said.channel !== channel || known.includes(said.version)) continue;
    throw new OtaError(
      'release-missing',
      `the medium names ${product} ${said.version} on ${channel}, which the signed channel does not give out`,
      { where: channel },
    );
  }
}

async function keyOf(repository: TrustedRepository, path: string): Promise<string> {
  const target = await repository.get(path);
  return targetKey(path, repository.root.signed.consistentSnapshot ? target.sha256 : undefined);
}

async function manifestOf(
  repository: TrustedRepository,
  product: Name,
  { version, manifest }: ChannelRelease,
): Promise<Manifest> {
  const path = manifestPath(product, version);
  const target = await repository.get(path);
  if (!sameDigest(target, manifest)) {
    throw new OtaError(
      'digest-mismatch',
      `the channel names another manifest of ${version} than ${product} lists`,
      {
        where: path,
      },
    );
  }
  const bytes = await repository.read(target, MAX_MANIFEST_BYTES);
  return readContent(path, () => parseManifest(bytes, path));
}

/** The texts of a release that are on the medium. A text that is no text is left out: it is signed, and yet nothing to read. */
async function notesOf(
  repository: TrustedRepository,
  manifest: Manifest,
  held: ReadonlyMap<string, Uint8Array>,
): Promise<readonly Notes[]> {
  const { product, version } = manifest;
  const notes: Notes[] = [];
  for (const { name, ...digest } of notesIn(manifest)) {
    const path = extraPath(product, version, name);
    const target = await repository.find(path);
    if (!target || !sameDigest(target, digest) || !held.has(await keyOf(repository, path))) continue;
    const text = textOf(await repository.read(target));
    if (text !== undefined) notes.push({ name, text });
  }
  return notes;
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return fromUtf8(bytes);
  } catch {
    return undefined;
  }
}
