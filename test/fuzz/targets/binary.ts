import { checkBundle } from '../../../src/bundle/check.ts';
import { decompress } from '../../../src/bundle/compression.ts';
import { openBundle } from '../../../src/bundle/open.ts';
import { verifyManifestSignatures } from '../../../src/bundle/signatures.ts';
import {
  encodeSignatures,
  parseSignatures,
  SIGNATURES_BYTES,
} from '../../../src/bundle/signatures-region.ts';
import { equalBytes, utf8 } from '../../../src/core/bytes.ts';
import { seal } from '../../../src/core/digest.ts';
import { memorySource } from '../../../src/core/source.ts';
import { applyDelta } from '../../../src/delta/apply.ts';
import { applyAny } from '../../../src/delta/apply-any.ts';
import { readFacts } from '../../../src/delta/facts.ts';
import { readDeltaHeader } from '../../../src/delta/format.ts';
import { openKey, readPublicKeyFile, writePublicKeyFile } from '../../../src/keys/key-file.ts';
import { decodePkcs8, encodePkcs8 } from '../../../src/keys/pkcs8.ts';
import { readImage } from '../../../src/media/fat/read.ts';
import { readTar } from '../../../src/media/tar/read.ts';
import { SIGNERS } from '../../support/role-documents.ts';
import type { Target } from '../loop.ts';
import { budgeted, drain } from './source.ts';

const KEYS = new Map(SIGNERS.map(({ publicKey }) => [publicKey.keyid, publicKey]));

const archive: Target = {
  name: 'archive',
  maxBytes: 65_536,
  shortRuns: 150,
  // Each byte is read to compare it, to digest it and to decompress it.
  run: async (input) => {
    const bundle = await openBundle(budgeted(input, 4 * input.length + 65_536));
    verifyManifestSignatures(bundle.sealed.bytes, bundle.signatures.bytes, KEYS, 1);
    await checkBundle(bundle);
  },
};

const signatures: Target = {
  name: 'signatures',
  maxBytes: SIGNATURES_BYTES + 64,
  shortRuns: 300,
  run: (input) => {
    if (!equalBytes(encodeSignatures(parseSignatures(input)), input))
      throw new Error('a region has two spellings');
    verifyManifestSignatures(utf8('{}'), input, KEYS, 1);
  },
};

/** The image that every delta of the corpus is from. */
export const OLD = utf8('The quick brown fox jumps over the lazy dog. '.repeat(40));
const MEMORY = 2 ** 23;

const delta: Target = {
  name: 'delta',
  maxBytes: 8192,
  shortRuns: 200,
  run: async (input) => {
    const header = await readDeltaHeader(memorySource(input));
    const patch = budgeted(input, 2 * input.length + 65_536);
    const options = { maxMemory: MEMORY, oldVerified: true };
    const given = await drain(applyDelta(memorySource(OLD), patch, options), header.new.length);
    if (given !== header.new.length)
      throw new Error('an image is accepted that is not as long as it should be');
  },
};

/** A delta of a format that others specified: what is signed of the images bounds what it may make. */
const compat = (format: 'bsdiff40' | 'vcdiff'): Target => ({
  name: format,
  maxBytes: 4096,
  shortRuns: 150,
  run: async (input) => {
    const { newLength } = await readFacts(format, memorySource(input), OLD.length);
    // A bomb is refused by its signed length; here it would only take its time.
    if (newLength > 2 ** 20) return;
    const patch = budgeted(input, 4 * input.length + 65_536);
    const given = await drain(applyAny(memorySource(OLD), patch, { format, maxMemory: 2 ** 24 }), newLength);
    if (given !== newLength) throw new Error('an image is accepted that is not as long as it should be');
  },
});

/** The image of every payload of the corpus. */
export const IMAGE = utf8('a line that comes again and again\n'.repeat(400));

const payload: Target = {
  name: 'payload',
  maxBytes: 4096,
  shortRuns: 300,
  run: async (input) =>
    void (await drain(decompress(budgeted(input, input.length), seal(IMAGE)), IMAGE.length)),
};

export const PASSPHRASE = 'a passphrase of the tests';

/** A key file may ask for up to 256 MiB and half a second. That is bounded, and too much for a loop. */
const isCostly = (input: Uint8Array): boolean => {
  const factor = /-> scrypt \S+ (\d+)/.exec(Buffer.from(input).toString('latin1'))?.[1];
  return factor !== undefined && Number(factor) > 8 && Number(factor) <= 18;
};

const keyFile: Target = {
  name: 'key-file',
  maxBytes: 4096,
  shortRuns: 200,
  run: async (input) => {
    if (!isCostly(input)) await openKey(input, PASSPHRASE, 'release.key.age');
  },
};

const publicKey: Target = {
  name: 'public-key',
  maxBytes: 4096,
  shortRuns: 600,
  run: (input) => {
    const key = readPublicKeyFile(input, 'release.pub');
    const again = readPublicKeyFile(writePublicKeyFile(key), 'release.pub');
    if (again.keyid !== key.keyid) throw new Error('a key has two keyids');
  },
};

const pkcs8: Target = {
  name: 'pkcs8',
  maxBytes: 4096,
  shortRuns: 3000,
  run: (input) => void encodePkcs8(decodePkcs8(input, 'key.pem')),
};

/** Every file of a medium that lies in one file: what its length says is what is given. */
const media = (name: string, read: typeof readImage, maxBytes: number): Target => ({
  name,
  maxBytes,
  shortRuns: 150,
  run: async (input) => {
    // Folders and tables are read again for each file.
    const source = budgeted(input, 64 * input.length + 65_536);
    const { find } = await read(source, 'stick');
    for (const key of MEDIA_KEYS) {
      const found = find(key);
      if (found === undefined) continue;
      const given = await drain(found.pieces(source), found.length);
      if (given !== found.length) throw new Error(`${key} has another length than it says`);
    }
  },
});

export const MEDIA_KEYS = ['metadata/1.root.json', 'targets/gateway/1.0.0/radio', 'ota-media.json'] as const;

export const BINARY_TARGETS: readonly Target[] = [
  archive,
  signatures,
  delta,
  compat('bsdiff40'),
  compat('vcdiff'),
  payload,
  keyFile,
  publicKey,
  pkcs8,
  media('media-image', readImage, 65_536),
  media('media-tar', readTar, 16_384),
];
