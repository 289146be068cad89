import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkBundle } from '../../../src/bundle/check.ts';
import { type CreatedBundle, type CreateOptions, createBundle } from '../../../src/bundle/create.ts';
import { openBundle } from '../../../src/bundle/open.ts';
import { parseReleaseFile } from '../../../src/bundle/release-file/parse.ts';
import { verifyManifestSignatures } from '../../../src/bundle/signatures.ts';
import { memorySource } from '../../../src/core/source.ts';
import { signerFromSeed } from '../../../src/keys/ed25519.ts';
import type { PublicKey } from '../../../src/keys/public-key.ts';
import type { Signer } from '../../../src/keys/signer.ts';

export const signer = (seed: number): Signer => signerFromSeed(new Uint8Array(32).fill(seed));
export const keysOf = (...signers: readonly Signer[]): ReadonlyMap<string, PublicKey> =>
  new Map(signers.map(({ publicKey }) => [publicKey.keyid, publicKey]));

/** The images and the release file of a small product: one payload compressed, one as it is, and notes. */
export const IMAGES: Readonly<Record<string, string>> = {
  'linux.bin': 'a line that comes again and again\n'.repeat(40),
  'radio.bin': 'short',
  'NOTES.md': '# 1.0.0\n',
};
export const RELEASE_FILE = `product: gateway
version: 1.0.0
hardware: [gw-b2, gw-a1]
notes: NOTES.md
components:
  radio: {domain: coprocessor, file: radio.bin, version: 1.2.0, counter: 4, requires: {api: ">=3 <4"}}
  linux: {domain: os, file: linux.bin, version: 6.1.192, counter: 31, provides: {api: 3.1.0}, slot: {name: a, size: 2 KiB}}
`;

/** Writes the product into a folder. */
export function writeProduct(folder: string, releaseFile = RELEASE_FILE): void {
  for (const [name, text] of Object.entries(IMAGES)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'ota.yaml'), releaseFile);
}

/** Bundles the product of a folder into `out.ota` in it. */
export const bundle = (
  folder: string,
  options: Partial<CreateOptions> & { readonly text?: string } = {},
): Promise<CreatedBundle> => {
  const { text = RELEASE_FILE, ...rest } = options;
  return createBundle({
    content: parseReleaseFile(text, 'ota.yaml'),
    folder,
    output: join(folder, 'out.ota'),
    ...rest,
  });
};

/** All that `ota verify` does, on bytes in memory. */
export async function verifyBytes(
  bytes: Uint8Array,
  keys: ReadonlyMap<string, PublicKey>,
  threshold = 1,
): Promise<void> {
  const opened = await openBundle(memorySource(bytes));
  verifyManifestSignatures(opened.sealed.bytes, opened.signatures.bytes, keys, threshold);
  await checkBundle(opened);
}
