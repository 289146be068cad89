import type { Manifest } from '../bundle/manifest.ts';
import { obstacleText } from '../bundle/transition/explain.ts';
import { stopsOnTheWay, type Way, waysFrom } from '../bundle/transition/way.ts';
import type { Digest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import type { Channel, ChannelRelease } from '../repository/channel.ts';
import type { Recall } from '../repository/recalls.ts';
import { type FieldRelease, fieldOf } from './field.ts';
import type { RepositoryState } from './repository-state.ts';

/** A release as the head of a channel. */
export interface Head {
  readonly manifest: Manifest;
  /** Of the manifest's bytes. */
  readonly sealed: Digest;
  /** The version of the product's role that first listed it; absent for one that is new. */
  readonly sequence?: number;
}

/** Devices of one hardware with one release that do not get to the head of a channel. */
export interface Stranded {
  readonly release: Version;
  readonly hardware: Name;
  readonly reasons: readonly string[];
}

export interface WayTo {
  /** What the channel names for devices to pass through, in the order in which they are passed. */
  readonly through: readonly ChannelRelease[];
  readonly stranded: readonly Stranded[];
}

/**
 * How devices get to a release that a channel is to give out: those with any live release that was published before it, and those
 * with what the channel gives out now. Recalled releases are left, and never passed through.
 *
 * @param before the channel as it is; hardware that it does not serve now is not expected to get anywhere
 * @throws OtaError as `fieldOf`
 */
export async function wayTo(options: {
  readonly state: RepositoryState;
  readonly head: Head;
  readonly before: Channel | undefined;
  readonly recalls: readonly Recall[];
}): Promise<WayTo> {
  const { state, head, before, recalls } = options;
  const { live, product: role } = state;
  if (!live || !role) return { through: [], stranded: [] };
  const all = await fieldOf(live.repository, role.signed);
  const { version } = head.manifest;
  const field = all.filter(
    ({ label, release }) =>
      label !== version &&
      (release.sequence < (head.sequence ?? Infinity) || label === before?.release.version),
  );
  const recalled = new Set<string>(recalls.map((recall) => recall.version));
  const to = { label: version, parts: head.manifest };
  const stops = stopsOnTheWay(field, to, ({ label }) => !recalled.has(label));
  const served = all.find(({ label }) => label === before?.release.version)?.parts.hardware ?? [];
  return {
    through: (stops as readonly FieldRelease[]).map(({ release }) => ({
      version: release.version,
      manifest: release.manifest,
    })),
    stranded: field.flatMap((from) =>
      waysFrom(from, to, stops).flatMap((way) => strandedOf(way, from, served)),
    ),
  };
}

function strandedOf(way: Way, { release }: FieldRelease, served: readonly Name[]): readonly Stranded[] {
  if (!('stranded' in way)) return [];
  const { hardware, stranded } = way;
  const [first] = stranded;
  if (first?.obstacle.kind === 'hardware' && !served.includes(hardware)) return [];
  const reasons = stranded.map(({ to, obstacle }) => `${to.label}: ${obstacleText(obstacle)}`);
  return [{ release: release.version, hardware, reasons }];
}

/** @throws OtaError `releases-stranded` with who is, and why */
export function refuseStranded(stranded: readonly Stranded[], head: Version, channel: Name): void {
  const [first] = stranded;
  if (!first) return;
  const devices = [...new Set(stranded.map(({ release }) => release))].join(', ');
  throw new OtaError(
    'releases-stranded',
    `devices with ${devices} could not get to ${head} on channel ${channel}`,
    {
      where: head,
      faults: stranded.map(({ release, hardware, reasons }) => ({
        where: `${release} on ${hardware}`,
        message: reasons.join('; '),
      })),
      hint: 'Widen a requirement, put components into a group, or publish a release in between that they can pass through; it stays live with keep: in ota.yaml. If they may stay behind: --strand.',
    },
  );
}
