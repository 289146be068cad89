import type { Manifest, ManifestComponent } from '../bundle/manifest.ts';
import { equalBytes } from '../core/bytes.ts';
import { type Digest, type Sealed, sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { canonicalJson } from '../core/json/canonical.ts';
import type { JsonObject } from '../core/json/value.ts';
import type { Name, Version } from '../core/names.ts';
import {
  encodeDeltaCustom,
  encodeManifestCustom,
  encodePayloadCustom,
  parseDeltaCustom,
  parseManifestCustom,
  parsePayloadCustom,
} from '../repository/custom.ts';
import { deltaPath, extraPath, manifestPath, payloadPath, signaturesPath } from '../repository/layout.ts';
import type { TargetFile, Targets } from '../repository/model.ts';
import { type Change, difference } from './change.ts';

/** A release that becomes genuine by a signature, from its manifest; the role lists exactly this. */
export interface ReviewedRelease {
  readonly manifest: Manifest;
  readonly sha256: string;
  /** The release that was published last before it. */
  readonly previous?: Version;
  readonly deltas: readonly ReviewedDelta[];
  readonly changes: readonly Change[];
}

export interface ReviewedDelta {
  readonly component: Name;
  /** The release that has the image which it starts from, where one does. */
  readonly from?: Version;
  readonly base: Digest;
  readonly length: number;
}

/**
 * Holds a release in a product's role against its manifest: every file of the manifest is listed with its digest and says of
 * itself what the manifest says, and nothing else is listed but deltas that lead to its images.
 *
 * @param role the role that lists it, to be signed
 * @param before the role as it is published
 * @throws OtaError `request-invalid`
 */
export function reviewRelease(
  manifest: Manifest,
  sealed: Sealed,
  role: Targets,
  before: Targets | undefined,
): ReviewedRelease {
  const { product, version } = manifest;
  const prefix = `${product}/${version}/`;
  const listed = new Map([...role.targets].filter(([path]) => path.startsWith(prefix)));
  for (const [path, file] of filesOf(manifest, sealed)) {
    const target = listed.get(path);
    if (!target) throw disagrees(manifest, path, 'is missing');
    if (!sameDigest(target, file)) throw disagrees(manifest, path, 'is listed with other bytes');
    if (file.custom && !sameJson(target.custom, file.custom)) {
      throw disagrees(manifest, path, 'is listed as something else');
    }
    listed.delete(path);
  }
  checkManifestCustom(manifest, role, before);
  // They vouch for themselves, whatever they are.
  listed.delete(signaturesPath(product, version));
  const deltas = [...listed].map(([path, target]) => reviewDelta(manifest, path, target, before));
  const previous = before && latestRelease(before, product, version);
  return {
    manifest,
    sha256: sealed.sha256,
    ...(previous ? { previous: previous.version } : {}),
    deltas,
    changes: previous && before ? changesSince(manifest, previous, before) : [],
  };
}

function filesOf(manifest: Manifest, sealed: Sealed): ReadonlyMap<string, TargetFile> {
  const { product, version, hardware, components, extras } = manifest;
  return new Map<string, TargetFile>([
    [manifestPath(product, version), { length: sealed.length, sha256: sealed.sha256 }],
    ...components.map((component) => {
      const { name, domain, counter, image, payload } = component;
      const { length, sha256, compression } = payload;
      const custom = encodePayloadCustom({
        hardwareIds: component.hardware ?? hardware,
        releaseCounter: counter,
        domain,
        component: name,
        version: component.version,
        image,
        compression,
      });
      return [payloadPath(product, version, name), { length, sha256, custom }] as const;
    }),
    ...extras.map(
      ({ name, length, sha256 }) => [extraPath(product, version, name), { length, sha256 }] as const,
    ),
  ]);
}

function checkManifestCustom(manifest: Manifest, role: Targets, before: Targets | undefined): void {
  const path = manifestPath(manifest.product, manifest.version);
  const raw = role.targets.get(path)?.custom;
  const custom = parseManifestCustom(raw, path);
  const was = before?.targets.get(path)?.custom;
  const right =
    custom.product === manifest.product &&
    custom.version === manifest.version &&
    custom.hardwareIds.join() === manifest.hardware.join() &&
    custom.sequence === (was ? parseManifestCustom(was, path).sequence : role.version) &&
    sameJson(raw, encodeManifestCustom(custom));
  if (!right) throw disagrees(manifest, path, 'is listed as something else');
}

function reviewDelta(
  manifest: Manifest,
  path: string,
  target: TargetFile,
  before: Targets | undefined,
): ReviewedDelta {
  const { product, version, components } = manifest;
  const component = components.find(({ name }) =>
    path.startsWith(`${payloadPath(product, version, name)}.from.`),
  );
  if (!component) throw disagrees(manifest, path, 'is listed, and the manifest does not know it');
  const custom = parseDeltaCustom(target.custom, path);
  const { format, base, image } = custom.delta;
  const right =
    custom.component === component.name &&
    custom.version === component.version &&
    sameDigest(image, component.image) &&
    path === deltaPath(product, version, component.name, base.sha256, format) &&
    sameJson(target.custom, encodeDeltaCustom(custom));
  if (!right) throw disagrees(manifest, path, 'is listed as a delta that does not lead to its image');
  const from = before && releaseWithImage(before, product, component.name, base);
  return { component: component.name, base, length: target.length, ...(from ? { from } : {}) };
}

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

const latestRelease = (role: Targets, product: Name, but: Version): Listed | undefined =>
  releasesIn(role, product)
    .filter(({ version }) => version !== but)
    .sort((a, b) => b.sequence - a.sequence)[0];

const releaseWithImage = (
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

function changesSince(manifest: Manifest, previous: Listed, role: Targets): readonly Change[] {
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

const sameJson = (a: JsonObject | undefined, b: JsonObject): boolean =>
  a !== undefined && equalBytes(canonicalJson(a), canonicalJson(b));

const disagrees = ({ product, version }: Manifest, path: string, how: string): OtaError =>
  new OtaError(
    'request-invalid',
    `the role and the manifest of ${product} ${version} disagree: ${path} ${how}`,
    {
      where: path,
      hint: 'Sign nothing. Ask who made the request, and have it made again.',
    },
  );
