import type { Version } from '../core/names.ts';
import type { PublishedRelease } from './releases.ts';
import type { BundlePolicy } from './retirement.ts';

/** Which releases stay live, beside those that a channel names. */
export interface KeepPolicy {
  /** This many of the last. */
  readonly releases: number;
  /** And these: such as one that devices have to pass through. */
  readonly versions: readonly Version[];
  /** Of those that do not, whose bundles are kept; all where it is absent. */
  readonly archived?: BundlePolicy;
}

/**
 * The releases of a product's role that leave it when it is signed next: those that no channel names and no policy keeps.
 *
 * @param releases newest first
 * @param named by channels
 */
export function leavingReleases(
  releases: readonly PublishedRelease[],
  named: ReadonlySet<Version>,
  { releases: last, versions }: KeepPolicy,
): readonly PublishedRelease[] {
  return releases.slice(last).filter(({ version }) => !named.has(version) && !versions.includes(version));
}
