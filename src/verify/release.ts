import { MAX_MANIFEST_BYTES, type Manifest } from '../bundle/manifest.ts';
import { parseManifest } from '../bundle/parse-manifest.ts';
import { verifyManifestSignatures } from '../bundle/signatures.ts';
import { SIGNATURES_BYTES } from '../bundle/signatures-region.ts';
import { type Digest, sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { canonicalJson } from '../core/json/canonical.ts';
import type { JsonObject } from '../core/json/value.ts';
import type { Name, Version } from '../core/names.ts';
import {
  encodePayloadCustom,
  type PayloadCustom,
  parseManifestCustom,
  parsePayloadCustom,
} from '../repository/custom.ts';
import { extraPath, payloadPath } from '../repository/layout.ts';
import { checkDeltas } from './delta.ts';
import type { Findings } from './findings.ts';
import type { FormerKeys, ReleaseAuthority } from './former-keys.ts';
import type { Objects } from './objects.ts';
import type { ReleaseJob } from './plan.ts';

export interface VerifiedRelease {
  readonly product: Name;
  readonly version: Version;
  /** SHA-256 of its manifest. */
  readonly manifest: string;
  readonly components: number;
  readonly deltas: number;
  /** Keyids whose signatures of the manifest count; none where they were refused. */
  readonly signed: readonly string[];
  /** The version of targets whose release keys signed it, where today's did not. */
  readonly formerTargets?: number;
}

const AGREE =
  'Publish it again under a new version: the release keys signed a role that is not of this bundle.';

/**
 * Checks a release: its manifest, the signatures that its bundle carries, and that the product's role lists the payloads, extras
 * and deltas of that manifest and says of them what the manifest says.
 */
export async function verifyRelease(
  job: ReleaseJob,
  objects: Objects,
  former: FormerKeys,
  findings: Findings,
): Promise<VerifiedRelease> {
  const { product, version, manifest: document } = job;
  const { path } = document.target;
  const deltas = await checkDeltas(job, findings);
  const bytes = await objects.document(document, MAX_MANIFEST_BYTES);
  const manifest = bytes && (await findings.attempt(path, () => parseManifest(bytes, path)));
  const signed =
    bytes === undefined ? { signed: [] } : await checkSignatures(job, bytes, objects, former, findings);
  if (manifest) await checkManifest(job, manifest, findings);
  const { sha256 } = document.target;
  const components = manifest?.components.length ?? 0;
  return { product, version, manifest: sha256, components, deltas, ...signed };
}

async function checkSignatures(
  job: ReleaseJob,
  manifest: Uint8Array,
  objects: Objects,
  former: FormerKeys,
  findings: Findings,
): Promise<Pick<VerifiedRelease, 'signed' | 'formerTargets'>> {
  const { signatures, product, version } = job;
  if (!signatures) {
    findings.add(
      'target-missing',
      `${product}/${version}`,
      `${job.role.role} lists no signatures.json for it`,
    );
    return { signed: [] };
  }
  const region = await objects.document(signatures, SIGNATURES_BYTES);
  if (!region) return { signed: [] };
  const by = (keys: ReleaseAuthority) =>
    verifyManifestSignatures(manifest, region, keys.keys, keys.threshold).signed;
  const { all, keyids, threshold } = job.role.authority;
  const keys = new Map(keyids.flatMap((id) => [...(all.has(id) ? [[id, all.get(id)] as const] : [])]));
  const signed = await findings.attempt(signatures.target.path, async () => {
    try {
      return { signed: by({ keys: keys as ReleaseAuthority['keys'], threshold }) };
    } catch (error) {
      if (!(error instanceof OtaError) || error.code !== 'threshold-unmet') throw error;
      const earlier = await former.find(product, by);
      if (earlier) return earlier;
      throw error;
    }
  });
  return signed ?? { signed: [] };
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
