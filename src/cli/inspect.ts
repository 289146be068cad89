import { namingBundle } from '../bundle/damage.ts';
import type { Manifest } from '../bundle/manifest.ts';
import { openBundle } from '../bundle/open.ts';
import { parseManifest } from '../bundle/parse-manifest.ts';
import { parseSignatures } from '../bundle/signatures-region.ts';
import { OtaError } from '../core/errors.ts';
import { Cursor } from '../core/json/cursor.ts';
import { parseJson } from '../core/json/parse.ts';
import type { JsonValue } from '../core/json/value.ts';
import { type DeltaHeader, readDeltaHeader } from '../delta/format.ts';
import { type OpenFile, withFile } from '../files/read.ts';
import { describeKey, type KeyDescription } from '../keys/fingerprint.ts';
import { readPublicKeyFile } from '../keys/key-file.ts';

/** What a file is and says, as it stands: nothing of it has been verified. */
export type Inspection =
  | {
      readonly kind: 'bundle';
      readonly path: string;
      readonly length: number;
      readonly manifestSha256: string;
      /** Keyids that the signatures claim. */
      readonly signedBy: readonly string[];
      readonly manifest: Manifest;
    }
  | { readonly kind: 'manifest'; readonly path: string; readonly manifest: Manifest }
  | {
      readonly kind: 'role';
      readonly path: string;
      readonly type: string;
      readonly version: number;
      readonly expires: string;
      readonly signedBy: readonly string[];
      readonly signed: JsonValue;
    }
  | ({ readonly kind: 'public-key'; readonly path: string } & KeyDescription)
  | { readonly kind: 'delta'; readonly path: string; readonly length: number; readonly header: DeltaHeader }
  | { readonly kind: 'document'; readonly path: string; readonly document: JsonValue };

const MAX_JSON_BYTES = 16 * 2 ** 20;

/**
 * Tells what a file of this tool's is by its first bytes, and reads it.
 *
 * @throws OtaError `input-unknown` for anything else; what reading a damaged one throws
 */
export function inspectFile(path: string): Promise<Inspection> {
  return withFile(path, async (file) => {
    const start = fromLatin1(await file.read(0, Math.min(16, file.length)));
    if (start.startsWith('manifest.json\0')) return namingBundle(path, () => inspectBundle(path, file));
    if (start.startsWith('otadelta')) {
      return { kind: 'delta', path, length: file.length, header: await readDeltaHeader(file) };
    }
    if (start.startsWith('age-encryption.'))
      throw unknown(path, 'a private key sealed by age', 'Inspect the .pub beside it.');
    if (!start.trimStart().startsWith('{') || file.length > MAX_JSON_BYTES) {
      throw unknown(
        path,
        'no file that ota knows',
        'Name a bundle, a delta, a public key or a metadata file.',
      );
    }
    return inspectJson(path, await file.read(0, file.length));
  });
}

async function inspectBundle(path: string, file: OpenFile): Promise<Inspection> {
  const { manifest, sealed, signatures } = await openBundle(file);
  return {
    kind: 'bundle',
    path,
    length: file.length,
    manifestSha256: sealed.sha256,
    signedBy: parseSignatures(signatures.bytes).map(({ keyid }) => keyid),
    manifest,
  };
}

async function inspectJson(path: string, bytes: Uint8Array): Promise<Inspection> {
  const document = parseJson(bytes, path);
  const at = new Cursor(document, path);
  const signed = at.optional('signed');
  if (signed) {
    return {
      kind: 'role',
      path,
      type: signed.field('_type').string(),
      version: signed.field('version').integer(1),
      expires: signed.field('expires').string(),
      signedBy: at
        .field('signatures')
        .array()
        .map((item) => item.field('keyid').string()),
      signed: signed.value,
    };
  }
  if (at.optional('keytype')) {
    return { kind: 'public-key', path, ...(await describeKey(readPublicKeyFile(bytes, path))) };
  }
  if (at.optional('_type')?.value === 'ota-manifest')
    return { kind: 'manifest', path, manifest: parseManifest(bytes, path) };
  return { kind: 'document', path, document };
}

const fromLatin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

const unknown = (path: string, what: string, hint: string): OtaError =>
  new OtaError('input-unknown', `${path} is ${what}`, { where: path, hint });
