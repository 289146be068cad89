import type { Manifest, ManifestComponent } from '../../bundle/manifest.ts';
import { DELTA_FORMATS } from '../../core/delta-formats.ts';
import { sameDigest } from '../../core/digest.ts';
import type { Domain, Name, Version } from '../../core/names.ts';
import {
  type ManifestCustom,
  parseDeltaCustom,
  parseManifestCustom,
  parsePayloadCustom,
} from '../../repository/custom.ts';
import { deltaPath, manifestPath, payloadPath, targetKey } from '../../repository/layout.ts';
import type { Metadata, TargetFile, Targets } from '../../repository/model.ts';
import type { MediaFor, MediaLayout } from '../layout.ts';

/** A component of a release, and how a medium brings it to devices. */
export interface ComponentContents {
  readonly name: Name;
  readonly domain: Domain;
  readonly version: Version;
  /** Of the image as installed, in bytes. */
  readonly length: number;
  /** Absent where it is for all hardware that the medium is for. */
  readonly hardware?: readonly Name[];
  /** Whether it is on the medium in full. */
  readonly full: boolean;
  /** Releases from which a delta is on the medium. */
  readonly deltas: readonly Version[];
  /** Releases that have the very image already. */
  readonly same: readonly Version[];
  /** Releases that it cannot be installed over with this medium; `any` where it is needed in full and not there. */
  readonly lacking: readonly (Version | 'any')[];
}

interface Parts {
  readonly entry: MediaFor;
  readonly manifest: Manifest;
  /** The product's role. */
  readonly role: Metadata<Targets>;
  /** Whether devices go to the release at once from what they have: else nothing is said of what is lacking. */
  readonly direct: boolean;
  readonly layout: MediaLayout;
}

/** The components of a release that are for the hardware of a medium, in the order of installing. */
export function componentsOf(parts: Parts): readonly ComponentContents[] {
  const { hardware } = parts.entry;
  return parts.manifest.components
    .filter((component) => component.hardware?.some((id) => hardware.includes(id)) ?? true)
    .map((component) => contentsOf(component, parts));
}

function customOf(
  role: Metadata<Targets>,
  { product, version }: Pick<Manifest, 'product' | 'version'>,
): ManifestCustom | undefined {
  const path = manifestPath(product, version);
  const listed = role.signed.targets.get(path);
  return listed && parseManifestCustom(listed.custom, path);
}

function contentsOf(
  component: ManifestComponent,
  { entry, manifest, role, layout, direct }: Parts,
): ComponentContents {
  const { product, version: release } = manifest;
  const { targets } = role.signed;
  const isOnIt = (path: string, target: TargetFile | undefined): target is TargetFile =>
    target !== undefined && layout.files.some(({ key }) => key === targetKey(path, target.sha256));
  const payload = payloadPath(product, release, component.name);
  const full = isOnIt(payload, targets.get(payload));
  const sequence = customOf(role, manifest)?.sequence ?? 0;
  /** A medium has nothing for devices with a later release, nor for those that have no such component; of archived releases nothing is known. */
  const isMeant = (version: Version): boolean => {
    const said = customOf(role, { product, version });
    const hardware = component.hardware ?? entry.hardware;
    return (
      said !== undefined && said.sequence <= sequence && said.hardwareIds.some((id) => hardware.includes(id))
    );
  };
  const deltas: Version[] = [];
  const same: Version[] = [];
  const lacking: (Version | 'any')[] = [];
  for (const from of entry.from) {
    const old = payloadPath(product, from, component.name);
    const listed = targets.get(old);
    const image = listed && parsePayloadCustom(listed.custom, old).image;
    const isDelta = (format: string): boolean => {
      const path = image && deltaPath(product, release, component.name, image.sha256, format);
      const target = path === undefined ? undefined : targets.get(path);
      if (path === undefined || !isOnIt(path, target)) return false;
      const { delta } = parseDeltaCustom(target.custom, path);
      return sameDigest(delta.base, image ?? component.image) && sameDigest(delta.image, component.image);
    };
    if (image && sameDigest(image, component.image)) same.push(from);
    else if (DELTA_FORMATS.some(isDelta)) deltas.push(from);
    else if (!full && isMeant(from)) lacking.push(from);
  }
  if (!full && (entry.full || entry.from.length === 0)) lacking.push('any');
  const some = component.hardware?.filter((id) => entry.hardware.includes(id));
  return {
    name: component.name,
    domain: component.domain,
    version: component.version,
    length: component.image.length,
    ...(some === undefined || some.length === entry.hardware.length ? {} : { hardware: some }),
    full,
    deltas,
    same,
    lacking: direct ? lacking : [],
  };
}
