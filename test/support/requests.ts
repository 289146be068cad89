import { encodeManifest, type Manifest, type ManifestComponent } from '../../src/bundle/manifest.ts';
import { utf8 } from '../../src/core/bytes.ts';
import { type Sealed, seal } from '../../src/core/digest.ts';
import type { JsonObject, JsonValue } from '../../src/core/json/value.ts';
import { DAY } from '../../src/core/time.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { buildRoot, buildTargets, signRole } from '../../src/repository/build.ts';
import { encodeDeltaCustom, encodeManifestCustom, encodePayloadCustom } from '../../src/repository/custom.ts';
import {
  channelsPattern,
  deltaPath,
  manifestPath,
  payloadPath,
  productPattern,
} from '../../src/repository/layout.ts';
import type { Delegations, RoleKeys, TargetFile } from '../../src/repository/model.ts';
import { encodeRequest } from '../../src/requests/encode.ts';
import type { RequestContent, RequestDocument } from '../../src/requests/model.ts';
import { parseRequest } from '../../src/requests/parse.ts';
import { NOW } from './forge.ts';
import { editedObject, type Path } from './json-edit.ts';
import { HARDWARE, name, PRODUCT, version } from './release.ts';
import { signerNamed } from './signers.ts';

export const OFFICERS = ['ada', 'ben', 'cleo'].map(signerNamed) as [Signer, Signer, Signer];
export const RELEASE_OFFICERS = ['rel-1', 'rel-2', 'rel-3'].map(signerNamed) as [Signer, Signer, Signer];
export const ONLINE_KEY = signerNamed('online');
const EXPIRES = NOW + 300 * DAY;

export const keysOf = (signers: readonly Signer[], threshold = signers.length): RoleKeys => ({
  keyids: signers.map(({ publicKey }) => publicKey.keyid),
  threshold,
});

const ONLINE = keysOf([ONLINE_KEY]);

/** A root of officers, 2 of 3 unless told otherwise. */
export const rootDocument = (
  at: number,
  officers: readonly Signer[] = OFFICERS,
  {
    threshold = 2,
    targets = officers,
    online = ONLINE_KEY,
  }: { threshold?: number; targets?: readonly Signer[]; online?: Signer } = {},
): JsonObject =>
  buildRoot({
    version: at,
    expires: EXPIRES,
    keys: [
      ...new Map(
        [...officers, ...targets, online].map(({ publicKey }) => [publicKey.keyid, publicKey]),
      ).values(),
    ],
    roles: {
      root: keysOf(officers, threshold),
      targets: keysOf(targets, Math.min(threshold, targets.length)),
      snapshot: keysOf([online]),
      timestamp: keysOf([online]),
    },
  });

const delegations = (
  role: string,
  path: string,
  signers: readonly Signer[],
  keys: RoleKeys,
): Delegations => ({
  keys: new Map(signers.map(({ publicKey }) => [publicKey.keyid, publicKey])),
  roles: [{ name: role, ...keys, terminating: true, paths: [path] }],
});

export const targetsDocument = (
  at: number,
  officers: readonly Signer[] = RELEASE_OFFICERS,
  threshold = 2,
): JsonObject =>
  buildTargets({
    version: at,
    expires: EXPIRES,
    targets: new Map(),
    delegations: delegations('gateway', productPattern(PRODUCT), officers, keysOf(officers, threshold)),
  });

const component = (key: string, at: string, counter: number): ManifestComponent => {
  const image = seal(utf8(`${key} ${at}`));
  const digest = { length: image.length, sha256: image.sha256 };
  return {
    name: name(key),
    domain: 'app',
    version: version(at),
    counter,
    image: digest,
    payload: { ...digest, compression: 'none' },
    provides: {},
    requires: {},
    delta: {},
    reboot: false,
  };
};

export const manifestOf = (at: string, edit: Partial<Manifest> = {}): Manifest => ({
  product: PRODUCT,
  version: version(at),
  hardware: [HARDWARE],
  components: [component('linux', at, 3), component('radio', at, 1)],
  fixed: [],
  extras: [],
  ...edit,
});

export const withCounter = (manifest: Manifest, counter: number): Manifest => ({
  ...manifest,
  components: manifest.components.map((item) => ({ ...item, counter })),
});

/** What a product's role lists for a release. */
export function listingOf(manifest: Manifest, sequence: number, from?: Manifest): Map<string, TargetFile> {
  const sealed = encodeManifest(manifest);
  const { product, hardware } = manifest;
  const listing = new Map<string, TargetFile>([
    [
      manifestPath(product, manifest.version),
      {
        length: sealed.length,
        sha256: sealed.sha256,
        custom: encodeManifestCustom({
          product,
          version: manifest.version,
          hardwareIds: hardware,
          sequence,
          time: 0,
        }),
      },
    ],
  ]);
  for (const item of manifest.components) {
    const { length, sha256, compression } = item.payload;
    listing.set(payloadPath(product, manifest.version, item.name), {
      length,
      sha256,
      custom: encodePayloadCustom({
        hardwareIds: hardware,
        releaseCounter: item.counter,
        domain: item.domain,
        component: item.name,
        version: item.version,
        image: item.image,
        compression,
      }),
    });
    const base = from?.components.find((other) => other.name === item.name)?.image;
    if (!base) continue;
    const patch = seal(utf8(`patch to ${item.name} ${item.version}`));
    listing.set(deltaPath(product, manifest.version, item.name, base.sha256, 'ota'), {
      length: patch.length,
      sha256: patch.sha256,
      custom: encodeDeltaCustom({
        component: item.name,
        version: item.version,
        delta: { format: 'ota', memory: 1024, base, image: item.image },
      }),
    });
  }
  return listing;
}

export const productDocument = (at: number, targets: ReadonlyMap<string, TargetFile>): JsonObject =>
  buildTargets({
    version: at,
    expires: EXPIRES,
    targets,
    delegations: delegations('gateway.channels', channelsPattern(PRODUCT), [ONLINE_KEY], ONLINE),
  });

export const FIRST = manifestOf('1.0.0');
export const SECOND = manifestOf('1.1.0');
const FIRST_LISTING = listingOf(FIRST, 1);

/** The signed files that a request follows: a root of 2 of 3, targets, and the product's first release. */
export interface Published {
  readonly root: Sealed;
  readonly targets: Sealed;
  readonly gateway: Sealed;
}

export const publishedChain = async (): Promise<Published> => ({
  root: await signRole(rootDocument(1), OFFICERS.slice(0, 2)),
  targets: await signRole(targetsDocument(1), OFFICERS.slice(0, 2)),
  gateway: await signRole(productDocument(1, FIRST_LISTING), RELEASE_OFFICERS.slice(0, 2)),
});

export const role = (key: string, signed: JsonObject): RequestDocument => ({
  type: 'role',
  role: key,
  signed,
});
export const manifestDocument = (manifest: Manifest): RequestDocument => ({
  type: 'manifest',
  bytes: encodeManifest(manifest).bytes,
});

/** A request for gateway 1.1.0, on top of 1.0.0; each part can be another. */
export function releaseRequest(
  { root, targets, gateway }: Published,
  {
    manifest = SECOND,
    listing = listingOf(manifest, 2, FIRST),
    at = 2,
    ...rest
  }: {
    manifest?: Manifest;
    listing?: ReadonlyMap<string, TargetFile>;
    at?: number;
  } & Partial<RequestContent> = {},
): RequestContent {
  return {
    chain: {
      roots: [root.bytes],
      roles: new Map([
        ['targets', targets.bytes],
        ['gateway', gateway.bytes],
      ]),
    },
    documents: [
      role('gateway', productDocument(at, new Map([...FIRST_LISTING, ...listing]))),
      manifestDocument(manifest),
    ],
    files: new Map(),
    channel: name('stable'),
    ...rest,
  };
}

/** The content as it comes out of a file. */
export const asFile = (content: RequestContent) =>
  parseRequest(encodeRequest(content).bytes, 'gateway.request');

/** A content with one role's signed part edited. */
export function editRole(
  content: RequestContent,
  key: string,
  path: Path,
  value: JsonValue | undefined,
): RequestContent {
  return {
    ...content,
    documents: content.documents.map((item) =>
      item.type === 'role' && item.role === key
        ? { ...item, signed: editedObject(item.signed, path, value) }
        : item,
    ),
  };
}
