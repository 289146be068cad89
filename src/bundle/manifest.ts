import type { Digest, Sealed } from '../core/digest.ts';
import { seal } from '../core/digest.ts';
import { printJson } from '../core/json/print.ts';
import type { JsonObject } from '../core/json/value.ts';
import type { Domain, Name, Version } from '../core/names.ts';
import type { Architecture } from './lint/architecture.ts';
import type { Compression, DeltaPolicy, FixedComponent, Slot } from './release-file/model.ts';

/** What the signatures of a bundle cover. Field by field: `docs/formats/bundle.md`. */
export interface Manifest {
  readonly product: Name;
  readonly version: Version;
  /** Sorted by code unit, each once. */
  readonly hardware: readonly Name[];
  /** In the order to install them. */
  readonly components: readonly ManifestComponent[];
  /** What stands in devices and is never updated. Sorted by name. */
  readonly fixed: readonly FixedComponent[];
  /** Sorted by name. */
  readonly extras: readonly ManifestExtra[];
}

export interface ManifestComponent {
  readonly name: Name;
  readonly domain: Domain;
  readonly version: Version;
  readonly counter: number;
  /** The bytes as installed. */
  readonly image: Digest;
  /** The same as the image where `compression` is `none`. */
  readonly payload: Payload;
  readonly provides: Readonly<Record<Name, Version>>;
  readonly requires: Readonly<Record<Name, string>>;
  readonly delta: DeltaPolicy;
  readonly slot?: Slot;
  /** Components of one group are switched at once; they stand one after the other. */
  readonly group?: Name;
  /** Whether the device restarts before what comes after its step is installed. */
  readonly reboot: boolean;
  /** What the image's machine code is for, where that can be told from its first bytes. */
  readonly architecture?: Architecture;
  /** Where this component is not for all hardware of the release. Sorted by code unit, each once. */
  readonly hardware?: readonly Name[];
}

/** The bytes as shipped. */
export interface Payload extends Digest {
  readonly compression: Compression;
  /** What S3 stores say of them (`EtagHasher`), so that a copy that is there is known without reading it. */
  readonly etag?: string;
}

export interface ManifestExtra extends Digest {
  readonly name: string;
}

export const MANIFEST_TYPE = 'ota-manifest';
/** The payload type of DSSE that the signatures are made under. */
export const MANIFEST_PAYLOAD_TYPE = 'application/vnd.ota.manifest+json';
/** Enough for hundreds of components; a reader holds the manifest in memory. */
export const MAX_MANIFEST_BYTES = 1 << 20;

/** The manifest as the bytes that are signed. */
export const encodeManifest = (manifest: Manifest): Sealed =>
  seal(
    printJson({
      _type: MANIFEST_TYPE,
      format: 1,
      product: manifest.product,
      version: manifest.version,
      hardware: manifest.hardware,
      components: manifest.components.map(componentJson),
      fixed: manifest.fixed.map(fixedJson),
      extras: manifest.extras.map(({ name, length, sha256 }) => ({ name, length, sha256 })),
    }),
  );

function componentJson(component: ManifestComponent): JsonObject {
  const {
    name,
    domain,
    version,
    counter,
    image,
    payload,
    slot,
    delta,
    hardware,
    group,
    reboot,
    architecture,
  } = component;
  return {
    name,
    domain,
    version,
    counter,
    image: { length: image.length, sha256: image.sha256 },
    payload: {
      length: payload.length,
      sha256: payload.sha256,
      compression: payload.compression,
      ...(payload.etag === undefined ? {} : { etag: payload.etag }),
    },
    provides: { ...component.provides },
    requires: { ...component.requires },
    delta: delta === false ? false : deltaJson(delta),
    ...(slot === undefined ? {} : { slot: { name: slot.name, size: slot.size } }),
    ...(hardware === undefined ? {} : { hardware }),
    ...(group === undefined ? {} : { group }),
    reboot,
    ...(architecture === undefined ? {} : { architecture }),
  };
}

const deltaJson = ({ memory, formats, unpack }: Exclude<DeltaPolicy, false>): JsonObject => ({
  ...(memory === undefined ? {} : { memory }),
  ...(formats === undefined ? {} : { formats }),
  ...(unpack === undefined ? {} : { unpack }),
});

function fixedJson({ name, domain, version, provides, hardware, reason }: FixedComponent): JsonObject {
  return {
    name,
    domain,
    version,
    provides: { ...provides },
    ...(hardware === undefined ? {} : { hardware }),
    reason,
  };
}
