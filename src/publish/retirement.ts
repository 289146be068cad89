import { parseManifest } from '../bundle/parse-manifest.ts';
import type { Name } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import type { TrustedRepository } from '../device/client/repository.ts';
import type { ArchivedRelease } from '../repository/archive.ts';
import { parseDeltaCustom } from '../repository/custom.ts';
import { manifestPath } from '../repository/layout.ts';
import type { TargetFile } from '../repository/model.ts';

/** Which archived releases' bundles are kept: those that any of these keeps. Without `releases` and `younger`, all are. */
export interface BundlePolicy {
  /** Those among this many of the last that were published, live ones among them. */
  readonly releases?: number;
  /** Those that were archived less than this long ago. */
  readonly younger?: Seconds;
  /** Security updates, which raised a counter, for this long after they were archived: as long as they are supported. */
  readonly security?: Seconds;
}

/** Whether a policy ever lets a bundle go. */
export const retiresAny = ({ releases, younger }: BundlePolicy): boolean =>
  releases !== undefined || younger !== undefined;

/**
 * The archived releases whose bundles a policy keeps no longer. No channel names any of them: those that one names are live.
 *
 * @param archived those that may be, whatever their order
 * @param newer how many releases were published after each: live ones and archived
 */
export function retiring(
  archived: readonly ArchivedRelease[],
  newer: (release: ArchivedRelease) => number,
  policy: BundlePolicy,
  now: Seconds,
): readonly ArchivedRelease[] {
  if (!retiresAny(policy)) return [];
  const { releases = 0, younger = 0, security = 0 } = policy;
  return archived.filter(
    (release) =>
      release.retired === undefined &&
      newer(release) >= releases &&
      now - release.archived >= younger &&
      !(release.security && now - release.archived < security),
  );
}

/**
 * Those releases that no live delta starts from: a base can be looked into as long as devices are led on from it.
 *
 * @param targets of the product's role as it is going to be
 * @throws OtaError as reading their manifests does
 */
export async function withoutBases(
  releases: readonly ArchivedRelease[],
  targets: Iterable<readonly [path: string, file: TargetFile]>,
  product: Name,
  repository: TrustedRepository | undefined,
): Promise<readonly ArchivedRelease[]> {
  const bases = new Set(
    [...targets].flatMap(([path, { custom }]) =>
      custom?.delta === undefined ? [] : [parseDeltaCustom(custom, path).delta.base.sha256],
    ),
  );
  const others: ArchivedRelease[] = [];
  for (const release of releases) {
    const path = manifestPath(product, release.version);
    const { length, sha256 } = release.manifest;
    const bytes = await repository?.read({ path, length, sha256, role: product });
    const { components } = bytes ? parseManifest(bytes, path) : { components: [] };
    if (!components.some(({ image }) => bases.has(image.sha256))) others.push(release);
  }
  return others;
}
