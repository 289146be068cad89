import { equalBytes } from '../core/bytes.ts';
import { sha256 } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { canonicalJson } from '../core/json/canonical.ts';
import { MAX_BYTES } from '../device/client/fetch.ts';
import { metadataKey } from '../repository/layout.ts';
import type { Metadata, Root } from '../repository/model.ts';
import { parseRoot } from '../repository/parse-root.ts';
import { TrustedMetadata } from '../repository/trusted.ts';
import type { ReadStore } from '../storage/store.ts';
import { readFingerprint } from './page/fingerprint.ts';

/** What whoever looks at a medium trusts already: roots that they hold, or the SHA-256 of one. */
export type Anchor = { readonly roots: readonly Uint8Array[] } | { readonly fingerprint: string };

/** A fingerprint as a person types or copies it, as the technician's page takes it. @throws OtaError `usage-flag` */
export function parseFingerprint(text: string): string {
  const read = readFingerprint(text);
  if ('hex' in read) return read.hex;
  throw new OtaError('usage-flag', `the fingerprint is not a SHA-256 of 64 hex digits: ${read.fault}`, {
    hint: 'It is that of a root.json, as "ota inspect trust/1.root.json" shows it.',
  });
}

export interface MediumRoots {
  /** Those on the medium, from the first one on, each signed by the one before. */
  readonly chain: readonly Metadata<Root>[];
  /** The latest root that is trusted without the medium: what it is judged by. */
  readonly trusted: Uint8Array;
}

/**
 * Follows the roots of a medium from its first one, which devices may have been made with, and finds the trusted one among them. A
 * medium may end before what is trusted: then its roots say nothing, and its roles must be signed by the keys of the trusted root.
 *
 * @throws OtaError `media-foreign` where the medium has another root in the place of a trusted one; `role-missing` without any; as
 *   `TrustedMetadata.updateRoot`
 */
export async function followMediumRoots(store: ReadStore, anchor: Anchor): Promise<MediumRoots> {
  const chain: Metadata<Root>[] = [];
  let trusted: TrustedMetadata | undefined;
  for (let version = 1; ; version += 1) {
    const found = await store.read(metadataKey('root', version), MAX_BYTES.root);
    if (!found) break;
    if (trusted) trusted.updateRoot(found.bytes);
    else trusted = new TrustedMetadata(found.bytes, 0);
    chain.push(trusted.root);
  }
  if (chain.length === 0) {
    const key = metadataKey('root', 1);
    throw new OtaError('role-missing', `there is no ${key} on the medium`, { where: key });
  }
  return { chain, trusted: 'roots' in anchor ? held(chain, anchor.roots) : named(chain, anchor.fingerprint) };
}

function held(chain: readonly Metadata<Root>[], roots: readonly Uint8Array[]): Uint8Array {
  for (const bytes of roots) {
    const { signed, document } = parseRoot(bytes, 'trusted root');
    const same = chain.find((root) => root.signed.version === signed.version);
    if (same && !equalBytes(canonicalJson(same.document), canonicalJson(document)))
      throw foreign(`root ${signed.version} on it is not the one that is trusted`);
  }
  return roots.at(-1) as Uint8Array;
}

function named(chain: readonly Metadata<Root>[], fingerprint: string): Uint8Array {
  const root = chain.find(({ sealed }) => sha256(sealed.bytes) === fingerprint);
  if (root) return root.sealed.bytes;
  throw foreign('no root on it has that fingerprint');
}

const foreign = (why: string): OtaError =>
  new OtaError('media-foreign', `the medium is of another maker: ${why}`, {
    where: 'root',
    hint: 'Check the fingerprint or the root with the maker of the devices. Devices of theirs refuse this medium; get one from where they say.',
  });
