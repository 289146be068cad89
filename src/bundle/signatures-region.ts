import { fromBase64, toBase64, utf8 } from '../core/bytes.ts';
import { isSha256 } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { Cursor } from '../core/json/cursor.ts';
import { parseJson } from '../core/json/parse.ts';
import { DAMAGE_HINT, readPart } from './damage.ts';
import { MANIFEST_PAYLOAD_TYPE } from './manifest.ts';

/** Length of `signatures.json` in every bundle, in bytes, so that signing moves nothing. */
export const SIGNATURES_BYTES = 16 * 1024;
const TYPE = 'ota-signatures';
const SIGNATURE_BYTES = 64;

export interface ManifestSignature {
  readonly keyid: string;
  /** 64 bytes. */
  readonly sig: Uint8Array;
}

/**
 * The region as bytes: JSON, one signature a line, padded with spaces to its length and ended by a line feed.
 *
 * @throws OtaError `signatures-full`
 */
export function encodeSignatures(signatures: readonly ManifestSignature[]): Uint8Array {
  const lines = signatures.map(({ keyid, sig }) => `\n  {"keyid":"${keyid}","sig":"${toBase64(sig)}"}`);
  const json = utf8(
    `{"_type":"${TYPE}","format":1,"payloadType":"${MANIFEST_PAYLOAD_TYPE}","signatures":[${lines.join(',')}]}`,
  );
  if (json.length >= SIGNATURES_BYTES) {
    throw new OtaError('signatures-full', `${signatures.length} signatures do not fit in a bundle`, {
      hint: 'Make the bundle again and sign it with fewer keys.',
    });
  }
  const region = new Uint8Array(SIGNATURES_BYTES).fill(0x20);
  region.set(json);
  region[SIGNATURES_BYTES - 1] = 0x0a;
  return region;
}

/**
 * Reads the region, which must be byte for byte what `encodeSignatures` writes: padding that could differ would be a part of a
 * bundle that nothing protects.
 *
 * @throws OtaError `bundle-invalid`
 */
export function parseSignatures(region: Uint8Array, where = 'signatures.json'): readonly ManifestSignature[] {
  return readPart(where, () => readRegion(region, where));
}

function readRegion(region: Uint8Array, where: string): readonly ManifestSignature[] {
  const root = new Cursor(parseJson(region, where), where).only([
    '_type',
    'format',
    'payloadType',
    'signatures',
  ]);
  root.field('_type').oneOf([TYPE]);
  root.field('format').integer(1, 1);
  root.field('payloadType').oneOf([MANIFEST_PAYLOAD_TYPE]);
  const signatures = root.field('signatures').array(1000).map(signature);
  if (Buffer.compare(encodeSignatures(signatures), region) === 0) return signatures;
  throw new OtaError('bundle-invalid', `the bundle is damaged: ${where} is not laid out as signatures are`, {
    where,
    hint: DAMAGE_HINT,
  });
}

function signature(item: Cursor): ManifestSignature {
  item.only(['keyid', 'sig']);
  const sig = item.field('sig');
  const bytes = fromBase64(sig.string());
  if (bytes?.length !== SIGNATURE_BYTES) return sig.fail(`must be ${SIGNATURE_BYTES} bytes in base64`);
  return {
    keyid: item.field('keyid').match((text): text is string => isSha256(text), 'a SHA-256 in lower-case hex'),
    sig: bytes,
  };
}
