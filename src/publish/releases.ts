import type { Digest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import type { ArchivedCounter } from '../repository/archive.ts';
import { type ManifestCustom, parseManifestCustom, parsePayloadCustom } from '../repository/custom.ts';
import { manifestPath, payloadPath } from '../repository/layout.ts';
import type { TargetFile, Targets } from '../repository/model.ts';

/** A release as the product's role lists it. */
export interface PublishedRelease extends ManifestCustom {
  readonly manifest: Digest;
}

/** A component of a published release: where its payload is and what it holds. */
export interface PublishedComponent {
  readonly path: string;
  readonly target: TargetFile;
  readonly image: Digest;
  readonly counter: number;
  readonly version: Version;
  readonly compression: string;
}

/** The releases that a product's role lists, newest first. */
export function releasesOf(role: Targets | undefined): readonly PublishedRelease[] {
  const releases: PublishedRelease[] = [];
  for (const [path, target] of role?.targets ?? []) {
    if (!path.endsWith('/manifest.json')) continue;
    const custom = parseManifestCustom(target.custom, path);
    if (path !== manifestPath(custom.product, custom.version)) continue;
    releases.push({ ...custom, manifest: { length: target.length, sha256: target.sha256 } });
  }
  return releases.sort((a, b) => b.sequence - a.sequence);
}

/** One component of a published release, `undefined` where the release has none of that name. */
export function componentOf(
  role: Targets,
  release: PublishedRelease,
  component: Name,
): PublishedComponent | undefined {
  const path = payloadPath(release.product, release.version, component);
  const target = role.targets.get(path);
  if (!target) return undefined;
  const { image, releaseCounter, version, compression } = parsePayloadCustom(target.custom, path);
  return { path, target, image, counter: releaseCounter, version, compression };
}

/**
 * Whether a release is published already with the same manifest.
 *
 * @throws OtaError `release-exists` when that version, in any case of its letters, has another manifest
 */
export function isPublished(
  releases: readonly { readonly version: Version; readonly manifest: Digest }[],
  release: { readonly product: Name; readonly version: Version; readonly manifest: Digest },
): boolean {
  const folded = release.version.toLowerCase();
  const found = releases.find(({ version }) => version.toLowerCase() === folded);
  if (!found) return false;
  if (found.version === release.version && found.manifest.sha256 === release.manifest.sha256) return true;
  throw new OtaError(
    'release-exists',
    `${release.product} ${found.version} is published already, with other bytes ` +
      `(manifest ${found.manifest.sha256.slice(0, 16)}, not ${release.manifest.sha256.slice(0, 16)})`,
    {
      where: `${release.product} ${release.version}`,
      hint: 'A published release never changes: give the bundle a new version.',
    },
  );
}

/**
 * Whether a release has a security counter above all that were published of that component; one that is new raises none.
 *
 * @param releases of the role, to compare with
 * @param archived the highest counters of releases that the role lists no more
 */
export const raisesCounter = (
  role: Targets | undefined,
  components: readonly { readonly name: Name; readonly counter: number }[],
  releases: readonly PublishedRelease[],
  archived: ReadonlyMap<Name, ArchivedCounter>,
): boolean =>
  components.some(({ name, counter }) => {
    const before = countersOf(role, name, releases, archived);
    return before.length > 0 && before.every((published) => published.counter < counter);
  });

/** The counters that a component had, in which release. */
function countersOf(
  role: Targets | undefined,
  name: Name,
  releases: readonly PublishedRelease[],
  archived: ReadonlyMap<Name, ArchivedCounter>,
): readonly ArchivedCounter[] {
  const listed = releases.flatMap((release): readonly ArchivedCounter[] => {
    const component = role && componentOf(role, release, name);
    return component ? [{ counter: component.counter, release: release.version }] : [];
  });
  const highest = archived.get(name);
  return highest ? [...listed, highest] : listed;
}

/**
 * Security counters never go down: a device would refuse the release (attack row 48).
 *
 * @param releases of the role, to compare with
 * @param archived the highest counters of releases that the role lists no more
 * @throws OtaError `counter-lower` naming each component that is below what is published
 */
export function checkCounters(
  role: Targets | undefined,
  components: readonly { readonly name: Name; readonly counter: number }[],
  releases: readonly PublishedRelease[],
  archived: ReadonlyMap<Name, ArchivedCounter> = new Map(),
): void {
  const faults: { where: string; message: string }[] = [];
  for (const { name, counter } of components) {
    const above = countersOf(role, name, releases, archived).find((published) => published.counter > counter);
    if (!above) continue;
    faults.push({
      where: name,
      message: `has counter ${counter}, release ${above.release} has ${above.counter}`,
    });
  }
  if (faults.length === 0) return;
  throw new OtaError('counter-lower', 'a security counter is below that of a published release', {
    faults,
    hint: 'Raise counter: in ota.yaml to at least the published one and bundle again.',
  });
}
