import type { OpenBundle } from '../bundle/open.ts';
import type { Name, Version } from '../core/names.ts';
import type { ArchivedRelease } from '../repository/archive.ts';
import type { Channel } from '../repository/channel.ts';
import type { Recall } from '../repository/recalls.ts';
import { type Archive, findArchived, openArchive } from './archive.ts';
import { channelsOf, checkChannelStep, namedBy, pointsAt } from './channel.ts';
import { recallsOf, refuseRecalled } from './recalls.ts';
import { checkCounters, isPublished, type PublishedRelease, raisesCounter, releasesOf } from './releases.ts';
import type { RepositoryState } from './repository-state.ts';

/** How a bundle's release and a channel stand to what is published. */
export interface Standing {
  /** The releases of the product's role, newest first. */
  readonly listed: readonly PublishedRelease[];
  readonly archive: Archive;
  readonly recalls: readonly Recall[];
  /** The bundle's release, where it is archived. */
  readonly archived?: ArchivedRelease;
  /** The role lists the bundle's release. */
  readonly present: boolean;
  /** The version of the product's role that first listed the release; absent for one that is new. */
  readonly sequence?: number;
  readonly channels: ReadonlyMap<Name, Channel>;
  /** The channel gives the bundle's release out. */
  readonly pointed: boolean;
  /** The release that the channel gives out now. */
  readonly from?: PublishedRelease;
}

/**
 * Looks a bundle's release up among those that are live and those that are archived.
 *
 * @throws OtaError `release-recalled`; `release-exists` when its version has another manifest; what reading the archive and the channels throws
 */
export async function standingOf(
  state: RepositoryState,
  bundle: OpenBundle,
  channel: Name,
): Promise<Standing> {
  const { product, version } = bundle.manifest;
  const recalls = await recallsOf(state, product);
  refuseRecalled(recalls, product, version);
  const role = state.product?.signed;
  const listed = releasesOf(role);
  const archive = await openArchive(state.live?.repository, role, product);
  const archived = await findArchived(archive, version);
  const known = [...listed, ...(archived ? [archived] : [])];
  const published = isPublished(known, { product, version, manifest: bundle.sealed });
  const sequence = known.find((release) => release.version === version)?.sequence;
  const channels = await channelsOf(state, product);
  const from = listed.find((release) => release.version === channels.get(channel)?.release.version);
  return {
    listed,
    archive,
    recalls,
    ...(archived ? { archived } : {}),
    present: published && !archived,
    ...(sequence === undefined ? {} : { sequence }),
    channels,
    pointed: pointsAt(channels.get(channel), bundle),
    ...(from ? { from } : {}),
  };
}

/**
 * No security counter goes down: in a new release none below any that was ever published, in a channel none below the
 * release that it gives out now.
 *
 * @throws OtaError `counter-lower`, `channel-back`
 */
export function checkStep(
  state: RepositoryState,
  { listed, archive, sequence, pointed, from }: Standing,
  { manifest }: OpenBundle,
  { channel, rollback }: { readonly channel: Name; readonly rollback: boolean },
): void {
  const role = state.product?.signed;
  if (sequence === undefined) checkCounters(role, manifest.components, listed, archive.counters);
  else if (!pointed && from) checkChannelStep(role, { ...manifest, sequence }, { channel, from, rollback });
}

/** Whether a release raises a security counter above all that were published before it; one that returns is what it was. */
export function isSecurityUpdate(
  state: RepositoryState,
  { listed, archive, archived }: Standing,
  { manifest }: OpenBundle,
): boolean {
  if (archived) return archived.security ?? false;
  return raisesCounter(state.product?.signed, manifest.components, listed, archive.counters);
}

/** The releases that channels name once `channel` points at `version`. */
export const namedOnce = (
  { channels, pointed }: Standing,
  channel: Name,
  version: Version,
): ReadonlySet<Version> =>
  new Set([
    version,
    ...[...channels].flatMap(([name, other]) => (name === channel && !pointed ? [] : namedBy(other))),
  ]);
