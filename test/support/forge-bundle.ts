import { entryHeader, paddingOf } from '../../src/bundle/archive/header.ts';
import { MANIFEST_PAYLOAD_TYPE } from '../../src/bundle/manifest.ts';
import { encodeSignatures } from '../../src/bundle/signatures-region.ts';
import { concatBytes, utf8 } from '../../src/core/bytes.ts';
import { seal } from '../../src/core/digest.ts';
import type { JsonObject } from '../../src/core/json/value.ts';
import { pae } from '../../src/keys/dsse.ts';
import type { Signer } from '../../src/keys/signer.ts';

export type Entry = readonly [path: string, content: Uint8Array];

const MTIME = 0;

/** A tar archive of these entries. Nothing is checked. */
export const tarOf = (...entries: readonly Entry[]): Uint8Array =>
  concatBytes(
    ...entries.flatMap(([path, content]) => [
      entryHeader({ path, length: content.length }, MTIME),
      content,
      new Uint8Array(paddingOf(content.length)),
    ]),
    new Uint8Array(1024),
  );

/** A bundle with this manifest, signed as it is, and these entries after it. */
export async function forgeBundle(
  manifest: JsonObject,
  entries: readonly Entry[],
  signers: readonly Signer[],
): Promise<Uint8Array> {
  const bytes = utf8(JSON.stringify(manifest));
  const signatures = [];
  for (const { publicKey, sign } of signers) {
    signatures.push({ keyid: publicKey.keyid, sig: await sign(pae(MANIFEST_PAYLOAD_TYPE, bytes)) });
  }
  return tarOf(['manifest.json', bytes], ['signatures.json', encodeSignatures(signatures)], ...entries);
}

const digestOf = (bytes: Uint8Array): JsonObject => {
  const { length, sha256 } = seal(bytes);
  return { length, sha256 };
};

/** A component of a manifest, written out by hand: its image as it is, or shipped as another payload. */
export const componentObject = (name: string, image: Uint8Array, payload = image): JsonObject =>
  componentOfDigests(name, digestOf(image), {
    ...digestOf(payload),
    compression: payload === image ? 'none' : 'zstd',
  });

export const componentOfDigests = (name: string, image: JsonObject, payload: JsonObject): JsonObject => ({
  name,
  domain: 'app',
  version: '1.0.0',
  counter: 1,
  image,
  payload,
  provides: {},
  requires: {},
  delta: {},
  reboot: false,
});

export const extraObject = (name: string, content: Uint8Array): JsonObject => ({
  name,
  ...digestOf(content),
});

export const manifestObject = (
  components: readonly JsonObject[],
  extras: readonly JsonObject[] = [],
): JsonObject => ({
  _type: 'ota-manifest',
  format: 1,
  product: 'gateway',
  version: '1.0.0',
  hardware: ['gw-a1'],
  components,
  fixed: [],
  extras,
});
