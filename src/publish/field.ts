import type { Manifest } from '../bundle/manifest.ts';
import { parseManifest } from '../bundle/parse-manifest.ts';
import type { Stop } from '../bundle/transition/way.ts';
import type { Name } from '../core/names.ts';
import type { TrustedRepository } from '../device/client/repository.ts';
import type { ArchivedCounter } from '../repository/archive.ts';
import type { Channel } from '../repository/channel.ts';
import { readContent } from '../repository/content.ts';
import { manifestPath, productRole } from '../repository/layout.ts';
import type { Targets } from '../repository/model.ts';
import { parseRoot } from '../repository/parse-root.ts';
import type { Trust } from '../repository/trust.ts';
import type { ReadStore } from '../storage/store.ts';
import { openArchive } from './archive.ts';
import { channelNamed, publishedChannels } from './channel.ts';
import { type PublishedRelease, releasesOf } from './releases.ts';
import { loadCurrent } from './repository-state.ts';

/** A release that devices may have, with what it is made of. */
export interface FieldRelease extends Stop {
  readonly release: PublishedRelease;
  readonly parts: Manifest;
}

/**
 * The live releases of a product with their manifests, the first published first. As many requests as there are releases that
 * a channel names or a policy keeps.
 *
 * @throws OtaError `target-missing`, `digest-mismatch`, `target-invalid`; as `TrustedRepository.read`
 */
export async function fieldOf(
  repository: TrustedRepository,
  role: Targets,
): Promise<readonly FieldRelease[]> {
  const field: FieldRelease[] = [];
  for (const release of releasesOf(role).toReversed()) {
    field.push({ label: release.version, release, parts: await manifestOf(repository, release) });
  }
  return field;
}

/**
 * The manifest of a release that its product's role lists.
 *
 * @throws OtaError `target-missing`, `digest-mismatch`, `target-invalid`; as `TrustedRepository.read`
 */
export async function manifestOf(
  repository: TrustedRepository,
  { product, version, manifest }: PublishedRelease,
): Promise<Manifest> {
  const path = manifestPath(product, version);
  const bytes = await repository.read({ path, ...manifest, role: product });
  return readContent(path, () => parseManifest(bytes, path));
}

/** What a new release is compared with. */
export interface Published {
  readonly role: Targets;
  readonly field: readonly FieldRelease[];
  /** The highest security counters of releases that are archived. */
  readonly archived: ReadonlyMap<Name, ArchivedCounter>;
  /** The first root of the trust folder, and the newest that is published. */
  readonly roots: { readonly from: number; readonly to: number };
}

/**
 * What is published of a product, whatever has expired; `undefined` where nothing is.
 *
 * @throws OtaError as `loadCurrent` and `fieldOf`
 */
export async function readPublished(
  store: ReadStore,
  trust: Trust,
  product: Name,
): Promise<Published | undefined> {
  const { live } = await loadCurrent(store, trust);
  const name = productRole(product);
  if (!live?.snapshot.signed.meta.has(name)) return undefined;
  const { signed: role } = await live.repository.role(name);
  const first = parseRoot(trust.roots[0] as Uint8Array, 'root.json');
  const roots = { from: first.signed.version, to: live.repository.root.signed.version };
  const { counters } = await openArchive(live.repository, role, product);
  return { role, field: await fieldOf(live.repository, role), archived: counters, roots };
}

/**
 * As `readPublished`, with what one of the channels gives out.
 *
 * @throws OtaError `channel-missing`, also where nothing is published
 */
export async function readServed(
  store: ReadStore,
  trust: Trust,
  product: Name,
  name: Name,
): Promise<{ readonly published: Published; readonly channel: Channel }> {
  const published = await readPublished(store, trust, product);
  const channels = published ? await publishedChannels(store, trust, product) : [];
  const channel = channelNamed(channels, product, name);
  // A channel that is found is one of a product that is published.
  return { published: published as Published, channel };
}
