import { toHex } from '../core/bytes.ts';
import { sha256 } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { pae } from '../keys/dsse.ts';
import { verifySignature } from '../keys/ed25519.ts';
import type { PublicKey } from '../keys/public-key.ts';
import type { Signer } from '../keys/signer.ts';
import { MANIFEST_PAYLOAD_TYPE } from './manifest.ts';
import { encodeSignatures, type ManifestSignature, parseSignatures } from './signatures-region.ts';

/** What a signature of a bundle covers: DSSE's pre-authentication encoding of the manifest's bytes. */
const signedBytes = (manifest: Uint8Array): Uint8Array => pae(MANIFEST_PAYLOAD_TYPE, manifest);

/**
 * The region with signatures by these signers added to those that it has; a key that has signed already is passed over.
 *
 * @param what the manifest is of, for the log
 * @throws OtaError `signatures-full`; `bundle-invalid` for the region; what the signers throw
 */
export async function appendSignatures(
  manifest: Uint8Array,
  region: Uint8Array,
  signers: readonly Signer[],
  what = 'manifest',
): Promise<{ readonly region: Uint8Array; readonly added: readonly string[] }> {
  const signatures = [...parseSignatures(region)];
  const added: string[] = [];
  for (const signer of signers) {
    const { keyid } = signer.publicKey;
    if (hasSigned(manifest, signatures, signer.publicKey)) continue;
    const sig = await signer.sign(signedBytes(manifest), { what, sha256: sha256(manifest) });
    // In its place, where one by this key that is wrong stands, so that no other moves.
    const at = signatures.findIndex((other) => other.keyid === keyid);
    if (at < 0) signatures.push({ keyid, sig });
    else signatures[at] = { keyid, sig };
    added.push(keyid);
  }
  return { region: encodeSignatures(signatures), added };
}

const hasSigned = (manifest: Uint8Array, signatures: readonly ManifestSignature[], key: PublicKey): boolean =>
  signatures.some(
    ({ keyid, sig }) => keyid === key.keyid && verifySignature(key, signedBytes(manifest), sig),
  );

/**
 * Checks that enough of the keys signed a manifest. What counts are distinct keys, by their bytes: neither one signature twice
 * nor one key under two names counts twice. A signature by a key that is not asked about is passed over; a wrong one by a key
 * that is refuses the bundle.
 *
 * @param threshold 1 to the number of distinct keys
 * @returns the keyids that signed
 * @throws OtaError `signatures-missing` where nobody signed, `signature-invalid`, `threshold-unmet`; `bundle-invalid`
 *   for the region
 */
export function verifyManifestSignatures(
  manifest: Uint8Array,
  region: Uint8Array,
  keys: ReadonlyMap<string, PublicKey>,
  threshold: number,
): { readonly signed: readonly string[] } {
  checkThreshold(keys, threshold);
  const signatures = parseSignatures(region);
  if (signatures.length === 0) {
    throw new OtaError('signatures-missing', 'the bundle is not signed', {
      where: 'signatures.json',
      hint: 'Sign it with "ota sign".',
    });
  }
  const bytes = signedBytes(manifest);
  const signed = new Map<string, string>();
  for (const { keyid, sig } of signatures) {
    const key = keys.get(keyid);
    if (key === undefined) continue;
    if (!verifySignature(key, bytes, sig)) {
      throw new OtaError('signature-invalid', `the signature of key ${keyid} is not one of this manifest`, {
        where: `signatures.json ${keyid}`,
        hint: 'The bundle was changed after it was signed. Get it again from where it was made.',
      });
    }
    signed.set(toHex(key.raw), keyid);
  }
  if (signed.size >= threshold) return { signed: [...signed.values()] };
  throw new OtaError(
    'threshold-unmet',
    `${signed.size} of the ${threshold} signatures needed are there, of ${keys.size} release keys`,
    {
      where: 'signatures.json',
      hint: 'Have it signed with more of the release keys: "ota sign --key FILE".',
    },
  );
}

/** Of signatures, the keyids of those that are valid and of these keys. Says nothing of the others: `verifyManifestSignatures` does. */
export function validSignatures(
  manifest: Uint8Array,
  signatures: readonly ManifestSignature[],
  keys: ReadonlyMap<string, PublicKey>,
): readonly string[] {
  const bytes = signedBytes(manifest);
  const valid = signatures.filter(({ keyid, sig }) => {
    const key = keys.get(keyid);
    return key !== undefined && verifySignature(key, bytes, sig);
  });
  return [...new Set(valid.map(({ keyid }) => keyid))];
}

function checkThreshold(keys: ReadonlyMap<string, PublicKey>, threshold: number): void {
  const distinct = new Set([...keys.values()].map(({ raw }) => toHex(raw))).size;
  if (Number.isSafeInteger(threshold) && threshold >= 1 && threshold <= distinct) return;
  throw new OtaError('threshold-unmet', `a threshold of ${threshold} cannot be met by ${distinct} keys`, {
    hint: 'Name as many keys as the threshold asks for.',
  });
}
