import type { Manifest, ManifestComponent } from '../bundle/manifest.ts';
import { type Digest, sameDigest } from '../core/digest.ts';
import type { Name, Version } from '../core/names.ts';
import { parseManifestCustom, parsePayloadCustom } from '../repository/custom.ts';
import { manifestPath, payloadPath } from '../repository/layout.ts';
import type { Targets } from '../repository/model.ts';
import { type Change, difference } from './change.ts';

/** A release as a role lists it. */
interface Listed {
  readonly version: Version;
  readonly hardware: readonly Name[];
  readonly sequence: number;
}

function releasesIn(role: Targets, product: Name): readonly Listed[] {
  return [...role.targets].flatMap(([path, { custom }]) => {
    if (!path.startsWith(`${product}/`) || !path.endsWith('/manifest.json')) return [];
    const { version, hardwareIds, sequence } = parseManifestCustom(custom, path);
    return path === manifestPath(product, version) ? [{ version, hardware: hardwareIds, sequence }] : [];
  });
}

export const latestRelease = (role: Targets, product: Name, but: Version): Listed | undefined =>
  releasesIn(role, product)
    .filter(({ version }) => version !== but)
    .sort((a, b) => b.sequence - a.sequence)[0];

export const releaseWithImage = (
  role: Targets,
  product: Name,
  component: Name,
  image: Digest,
): Version | undefined =>
  releasesIn(role, product).find(({ version }) => {
    const path = payloadPath(product, version, component);
    const custom = role.targets.get(path)?.custom;
    return custom && sameDigest(parsePayloadCustom(custom, path).image, image);
  })?.version;

/** What is different from a release that is published. */
export function changesSince(manifest: Manifest, previous: Listed, role: Targets): readonly Change[] {
  const prefix = `${manifest.product}/${previous.version}/`;
  const old = new Map(
    [...role.targets].flatMap(([path, { custom }]) => {
      // Of a release's targets, payloads alone have a counter.
      if (!path.startsWith(prefix) || custom?.releaseCounter === undefined) return [];
      const payload = parsePayloadCustom(custom, path);
      return [[payload.component, payload] as const];
    }),
  );
  const hardware = difference(previous.hardware, manifest.hardware);
  const names = difference<string>(
    old.keys(),
    manifest.components.map(({ name }) => name),
  );
  return [
    ...hardware.added.map(
      (subject): Change => ({ what: 'hardware-added', subject, warning: 'was not for this hardware before' }),
    ),
    ...hardware.removed.map(
      (subject): Change => ({ what: 'hardware-removed', subject, warning: 'is for this hardware no longer' }),
    ),
    ...names.added.map(
      (subject): Change => ({ what: 'component-added', subject, warning: 'was in no release before' }),
    ),
    ...names.removed.map(
      (subject): Change => ({ what: 'component-removed', subject, warning: 'is in the release no longer' }),
    ),
    ...manifest.components.flatMap((component) => componentChanges(component, old.get(component.name))),
  ];
}

function componentChanges(
  { name, version, counter }: ManifestComponent,
  old: { readonly version: Version; readonly releaseCounter: number } | undefined,
): readonly Change[] {
  if (!old) return [];
  const lower = counter < old.releaseCounter;
  return [
    ...(version === old.version
      ? []
      : [{ what: 'component-version', subject: name, from: old.version, to: version } as const]),
    ...(counter === old.releaseCounter
      ? []
      : [
          {
            what: 'counter',
            subject: name,
            from: String(old.releaseCounter),
            to: String(counter),
            warning: lower
              ? 'is lower: devices that have the other refuse this release'
              : 'devices that take this release never go back behind it',
          } as const,
        ]),
  ];
}
