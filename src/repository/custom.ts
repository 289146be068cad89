import { type Digest, isSha256 } from '../core/digest.ts';
import { Cursor } from '../core/json/cursor.ts';
import type { JsonObject } from '../core/json/value.ts';
import { DOMAINS, type Domain, isName, isVersion, type Name, type Version } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';

/** What a payload target says of itself; `hardwareIds` and `releaseCounter` are Uptane's names. */
export interface PayloadCustom {
  readonly hardwareIds: readonly Name[];
  readonly releaseCounter: number;
  readonly domain: Domain;
  readonly component: Name;
  readonly version: Version;
  /** The bytes as installed; the target's own digest is that of the bytes as shipped. */
  readonly image: Digest;
  /** `none`, or the name of the compression that the payload is in. */
  readonly compression: string;
}

export interface DeltaCustom {
  readonly component: Name;
  /** The version that the delta leads to. */
  readonly version: Version;
  readonly delta: {
    readonly format: string;
    /** Bytes of working memory that applying needs at most, beside the two images. */
    readonly memory: number;
    readonly base: Digest;
    readonly image: Digest;
  };
}

export interface ManifestCustom {
  readonly product: Name;
  readonly version: Version;
  readonly hardwareIds: readonly Name[];
  /** The version of the product's role that first listed the release: versions are text, so this gives their order. */
  readonly sequence: number;
  /** The time of the entries of its bundle: with it the bundle can be made again, byte for byte. */
  readonly time: Seconds;
  /** A security counter of it is above all that were published before. */
  readonly security?: true;
}

export const encodePayloadCustom = (custom: PayloadCustom): JsonObject => ({
  hardwareIds: custom.hardwareIds,
  releaseCounter: custom.releaseCounter,
  domain: custom.domain,
  component: custom.component,
  version: custom.version,
  image: digestObject(custom.image),
  compression: custom.compression,
});

export const encodeDeltaCustom = ({ component, version, delta }: DeltaCustom): JsonObject => ({
  component,
  version,
  delta: {
    format: delta.format,
    memory: delta.memory,
    base: digestObject(delta.base),
    image: digestObject(delta.image),
  },
});

export const encodeManifestCustom = (custom: ManifestCustom): JsonObject => ({
  product: custom.product,
  version: custom.version,
  hardwareIds: custom.hardwareIds,
  sequence: custom.sequence,
  time: custom.time,
  ...(custom.security === undefined ? {} : { security: custom.security }),
});

/**
 * Reads a payload target's `custom`; fields that are not ours are left alone.
 *
 * @throws OtaError `shape-invalid`
 */
export function parsePayloadCustom(custom: JsonObject | undefined, path: string): PayloadCustom {
  const at = new Cursor(custom, `${path}: custom`);
  return {
    hardwareIds: names(at.field('hardwareIds')),
    releaseCounter: at.field('releaseCounter').integer(),
    domain: at.field('domain').oneOf(DOMAINS),
    component: at.field('component').match(isName, 'a name'),
    version: at.field('version').match(isVersion, 'a version'),
    image: digest(at.field('image')),
    compression: at.field('compression').match(isName, 'a name'),
  };
}

/** As `parsePayloadCustom`, for a delta. @throws OtaError `shape-invalid` */
export function parseDeltaCustom(custom: JsonObject | undefined, path: string): DeltaCustom {
  const at = new Cursor(custom, `${path}: custom`);
  const delta = at.field('delta');
  return {
    component: at.field('component').match(isName, 'a name'),
    version: at.field('version').match(isVersion, 'a version'),
    delta: {
      format: delta.field('format').match(isName, 'a name'),
      memory: delta.field('memory').integer(),
      base: digest(delta.field('base')),
      image: digest(delta.field('image')),
    },
  };
}

/** As `parsePayloadCustom`, for a release's manifest. @throws OtaError `shape-invalid` */
export function parseManifestCustom(custom: JsonObject | undefined, path: string): ManifestCustom {
  const at = new Cursor(custom, `${path}: custom`);
  const isSecurity = at.optional('security')?.boolean() ?? false;
  return {
    product: at.field('product').match(isName, 'a name'),
    version: at.field('version').match(isVersion, 'a version'),
    hardwareIds: names(at.field('hardwareIds')),
    sequence: at.field('sequence').integer(1),
    time: at.field('time').integer(),
    ...(isSecurity ? { security: true as const } : {}),
  };
}

export const digestObject = ({ length, sha256 }: Digest): JsonObject => ({ length, sha256 });

const names = (at: Cursor): readonly Name[] => at.array().map((item) => item.match(isName, 'a name'));

/** `{length, sha256}` as this project writes it. @throws OtaError `shape-invalid` */
export const digest = (at: Cursor): Digest => ({
  length: at.field('length').integer(),
  sha256: at.field('sha256').match((text): text is string => isSha256(text), 'a SHA-256 in lower-case hex'),
});
