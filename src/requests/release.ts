import type { Manifest } from '../bundle/manifest.ts';
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
} from '../repository/custom.ts';
import { deltaPath, extraPath, manifestPath, payloadPath, signaturesPath } from '../repository/layout.ts';
import type { TargetFile, Targets } from '../repository/model.ts';
import type { Change } from './change.ts';
import { changesSince, latestRelease, releaseWithImage } from './release-changes.ts';

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
    changes: [
      ...returning(manifest, role, before),
      ...(previous && before ? changesSince(manifest, previous, before) : []),
    ],
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

/** A release that was archived keeps its place in the order. */
function returning(
  { product, version }: Manifest,
  role: Targets,
  before: Targets | undefined,
): readonly Change[] {
  const path = manifestPath(product, version);
  const { sequence } = parseManifestCustom(role.targets.get(path)?.custom, path);
  if (sequence === role.version || before?.targets.has(path)) return [];
  return [
    {
      what: 'release-returned',
      subject: `${product} ${version}`,
      to: `number ${sequence} in the order of releases`,
      warning: 'was published before and is listed again',
    },
  ];
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
    (was ? custom.sequence === parseManifestCustom(was, path).sequence : custom.sequence <= role.version) &&
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
