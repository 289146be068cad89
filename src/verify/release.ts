import { MAX_MANIFEST_BYTES, type Manifest } from '../bundle/manifest.ts';
import { parseManifest } from '../bundle/parse-manifest.ts';
import { SIGNATURES_BYTES } from '../bundle/signatures-region.ts';
import { type Digest, sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { canonicalJson } from '../core/json/canonical.ts';
import type { JsonObject } from '../core/json/value.ts';
import type { Name, Version } from '../core/names.ts';
import { signaturesKey } from '../publish/signature-files.ts';
import {
  encodePayloadCustom,
  type PayloadCustom,
  parseManifestCustom,
  parsePayloadCustom,
} from '../repository/custom.ts';
import { extraPath, payloadPath, signaturesPath } from '../repository/layout.ts';
import { checkDeltas } from './delta.ts';
import type { Findings } from './findings.ts';
import type { Objects } from './objects.ts';
import type { ReleaseJob } from './plan.ts';
import type { ReleaseKeys, ReleaseSigners } from './release-keys.ts';

export interface VerifiedRelease extends ReleaseSigners {
  readonly product: Name;
  readonly version: Version;
  /** SHA-256 of its manifest. */
  readonly manifest: string;
  readonly components: number;
  readonly deltas: number;
  /** True for one that the product's role lists no more. */
  readonly archived?: boolean;
}

/** What checks of releases share. */
export interface ReleaseContext {
  readonly objects: Objects;
  readonly keys: ReleaseKeys;
  readonly findings: Findings;
}

const AGREE =
  'Publish it again under a new version: the release keys signed a role that is not of this bundle.';

/**
 * Checks a release: its manifest, the signatures that its bundle carries, and that the product's role lists the payloads, extras
 * and deltas of that manifest and says of them what the manifest says.
 */
export async function verifyRelease(job: ReleaseJob, context: ReleaseContext): Promise<VerifiedRelease> {
  const { objects, findings } = context;
  const { product, version, manifest: document, signatures } = job;
  const { path, sha256 } = document.target;
  const deltas = await checkDeltas(job, findings);
  const bytes = await objects.document(document, MAX_MANIFEST_BYTES);
  const manifest = bytes && (await findings.attempt(path, () => parseManifest(bytes, path)));
  // Those of a manifest that was signed in one go with the role are listed from the role's next version on.
  const region = signatures
    ? await objects.document(signatures, SIGNATURES_BYTES)
    : await objects.unlisted(signaturesKey({ product, version, manifestSha256: sha256 }), SIGNATURES_BYTES);
  const signers = await checkSignatures(job, bytes, region, context);
  if (manifest) await checkManifest(job, manifest, findings);
  const components = manifest?.components.length ?? 0;
  return { product, version, manifest: sha256, components, deltas, ...signers };
}

/** Who signed a release's manifest; nobody where either could not be read. */
export async function checkSignatures(
  { product, version }: { readonly product: Name; readonly version: Version },
  manifest: Uint8Array | undefined,
  region: Uint8Array | undefined,
  { keys, findings }: ReleaseContext,
): Promise<ReleaseSigners> {
  if (!manifest || !region) return { signed: [] };
  const signers = await findings.attempt(signaturesPath(product, version), () =>
    keys.signersOf(product, manifest, region),
  );
  return signers ?? { signed: [] };
}

async function checkManifest(job: ReleaseJob, manifest: Manifest, findings: Findings): Promise<void> {
  const { product, version, role, manifest: document } = job;
  const { path, custom } = document.target;
  const { targets } = role.metadata.signed;
  await findings.attempt(path, () => {
    const said = parseManifestCustom(custom, path);
    const hardware = said.hardwareIds.join() === manifest.hardware.join();
    if (manifest.product === product && manifest.version === version && hardware) {
      if (said.product === product && said.version === version) return;
    }
    throw inconsistent(
      path,
      `is that of ${manifest.product} ${manifest.version} for ${manifest.hardware.join(', ')}`,
    );
  });
  const listed = (at: string, digest: Digest) => {
    const file = targets.get(at);
    if (!file) {
      throw new OtaError('target-missing', `${path} names ${at}, and ${role.role} does not list it`, {
        hint: AGREE,
      });
    }
    if (!sameDigest(file, digest))
      throw inconsistent(at, 'is listed with another digest than the manifest has');
    return file;
  };
  for (const component of manifest.components) {
    const at = payloadPath(product, version, component.name);
    await findings.attempt(at, () => {
      const file = listed(at, component.payload);
      const expected = encodePayloadCustom({
        hardwareIds: component.hardware ?? manifest.hardware,
        releaseCounter: component.counter,
        domain: component.domain,
        component: component.name,
        version: component.version,
        image: component.image,
        compression: component.payload.compression,
      } satisfies PayloadCustom);
      const wrong = differing(encodePayloadCustom(parsePayloadCustom(file.custom, at)), expected);
      if (wrong.length > 0)
        throw inconsistent(at, `is listed with another ${wrong.join(', ')} than the manifest has`);
    });
  }
  for (const extra of manifest.extras) {
    const at = extraPath(product, version, extra.name);
    await findings.attempt(at, () => listed(at, extra));
  }
}

const differing = (a: JsonObject, b: JsonObject): readonly string[] =>
  Object.keys(b).filter((key) => text(a[key] ?? null) !== text(b[key] ?? null));

const text = (value: JsonObject[string]): string => Buffer.from(canonicalJson(value)).toString('latin1');

const inconsistent = (path: string, what: string): OtaError =>
  new OtaError('release-inconsistent', `${path} ${what}`, { where: path, hint: AGREE });
