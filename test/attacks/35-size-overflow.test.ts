import {
  closeSync,
  ftruncateSync,
  openSync,
  readdirSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { entryHeader, paddingOf } from '../../src/bundle/archive/header.ts';
import { checkBundle } from '../../src/bundle/check.ts';
import { createBundle } from '../../src/bundle/create.ts';
import { withOpenBundle } from '../../src/bundle/files.ts';
import { openBundle } from '../../src/bundle/open.ts';
import { parseReleaseFile } from '../../src/bundle/release-file/parse.ts';
import { signBundleFile } from '../../src/bundle/sign.ts';
import { verifyManifestSignatures } from '../../src/bundle/signatures.ts';
import { encodeSignatures } from '../../src/bundle/signatures-region.ts';
import { utf8 } from '../../src/core/bytes.ts';
import { type ByteSource, memorySource } from '../../src/core/source.ts';
import { readDeltaHeader } from '../../src/delta/format.ts';
import type { OpenFile } from '../../src/files/read.ts';
import { refusal } from '../support/client.ts';
import { freshFolder } from '../support/folder.ts';
import { componentOfDigests, extraObject, manifestObject } from '../support/forge-bundle.ts';
import { RELEASE } from '../support/release.ts';
import { keysOf } from '../unit/bundle/fixture.ts';
import { headerOf } from '../unit/delta/support.ts';

// Reading a sparse file takes the system as long as reading a full one: here its zeros come from memory.
vi.mock('../../src/files/read.ts', async (original) => {
  const real = await original<typeof import('../../src/files/read.ts')>();
  const zeros = new Uint8Array(2 ** 22);
  const sparse = (path: string): OpenFile => {
    const { size: length } = statSync(path);
    return { path, length, read: async (_, count) => zeros.subarray(0, count), close: async () => {} };
  };
  const openFile: typeof real.openFile = async (path) =>
    path.endsWith('.sparse') ? sparse(path) : real.openFile(path);
  const withFile: typeof real.withFile = async (path, use) =>
    path.endsWith('.sparse') ? use(sparse(path)) : real.withFile(path, use);
  return { ...real, openFile, withFile };
});

/** The SHA-256 of that many zeros, as `head -c N /dev/zero | sha256sum` gives it. */
const ZEROS: readonly (readonly [number, string])[] = [
  [2 ** 31, 'a7c744c13cc101ed66c29f672f92455547889cc586ce6d44fe76ae824958ea51'],
  [2 ** 32 + 1, 'fbb82f7b353676bb562eb82157fcf0ea42c36492ca13ee56dbf82c08b6802c5c'],
];
/** Seconds of work on a machine that does nothing else. */
const SLOW = 300_000;
const NOTES = utf8('what comes after the image\n');

/** A bundle of an image of zeros and of notes, as the pieces that are not zeros by their offsets, and its length. */
function bundleOf(length: number, sha256: string, stored = length) {
  const image = { length, sha256 };
  const payload = { ...image, compression: 'none' };
  const manifest = utf8(
    JSON.stringify(
      manifestObject([componentOfDigests('linux', image, payload)], [extraObject('notes.md', NOTES)]),
    ),
  );
  const pieces: (readonly [number, Uint8Array])[] = [];
  let at = 0;
  const entry = (path: string, content: Uint8Array | number) => {
    const size = typeof content === 'number' ? content : content.length;
    pieces.push([at, entryHeader({ path, length: size }, 0)]);
    if (typeof content !== 'number') pieces.push([at + 512, content]);
    at += 512 + size + paddingOf(size);
  };
  entry('manifest.json', manifest);
  entry('signatures.json', encodeSignatures([]));
  entry('payloads/linux', stored);
  entry('extras/notes.md', NOTES);
  return { pieces, length: at + 1024 };
}

/** The same as a file whose zeros take no room. */
function sparseFile(path: string, { pieces, length }: ReturnType<typeof bundleOf>): string {
  const file = openSync(path, 'w');
  for (const [offset, bytes] of pieces) writeSync(file, bytes, 0, bytes.length, offset);
  ftruncateSync(file, length);
  closeSync(file);
  return path;
}

/** The same in memory, where its zeros take no room either. */
function virtual({ pieces, length }: ReturnType<typeof bundleOf>): ByteSource {
  const zeros = new Uint8Array(2 ** 22);
  return {
    length,
    read: async (offset, count) => {
      const inside = pieces.filter(([at, bytes]) => at < offset + count && at + bytes.length > offset);
      if (inside.length === 0) return zeros.subarray(0, count);
      const result = new Uint8Array(count);
      for (const [at, bytes] of inside) {
        const from = Math.max(0, offset - at);
        result.set(bytes.subarray(from, offset + count - at), Math.max(0, at - offset));
      }
      return result;
    },
  };
}

const folder = freshFolder();

describe.each(ZEROS)('an image of %d bytes', (length, sha256) => {
  it('is found, signed and verified in a bundle whose notes lie behind it', async () => {
    const path = sparseFile(folder.at('big.ota'), bundleOf(length, sha256));
    const before = statSync(path);
    expect(before.blocks * 512).toBeLessThan(2 ** 20);
    await signBundleFile(path, [RELEASE]);
    const after = statSync(path);
    expect([after.size, after.blocks]).toEqual([before.size, before.blocks]);
    await withOpenBundle(path, async (bundle) => {
      expect(bundle.payload('linux').length).toBe(length);
      expect(await bundle.extra('notes.md').read(0, NOTES.length)).toEqual(NOTES);
      const { sealed, signatures } = bundle;
      verifyManifestSignatures(sealed.bytes, signatures.bytes, keysOf(RELEASE), 1);
    });
  });

  it.each([
    ['its length in 32 bits', length % 2 ** 32],
    ['its length as a signed integer', Math.abs(length | 0)],
    ['one byte less', length - 1],
    ['one byte more', length + 1],
  ])('is refused where the archive holds %s', async (_, stored) => {
    if (stored === length) return;
    const path = sparseFile(folder.at('big.ota'), bundleOf(length, sha256, stored));
    expect(await refusal(() => withOpenBundle(path, async () => {}))).toMatchObject({
      code: 'bundle-invalid',
      exitCode: 4,
    });
  });

  it('is refused when its file is cut short', async () => {
    const path = sparseFile(folder.at('big.ota'), bundleOf(length, sha256));
    truncateSync(path, length);
    expect((await refusal(() => withOpenBundle(path, async () => {}))).code).toBe('bundle-invalid');
  });

  it('stands in the header of a delta as it is', async () => {
    const digest = { length, sha256 };
    const header = await readDeltaHeader(memorySource(headerOf(digest, digest)));
    expect([header.old, header.new]).toEqual([digest, digest]);
  });
});

describe('the digest of an image', () => {
  it(
    'is taken over all of it',
    async () => {
      const [[length, sha256] = [0, '']] = ZEROS;
      await checkBundle(await openBundle(virtual(bundleOf(length, sha256))));
    },
    SLOW,
  );

  it(
    'is another one when the last byte past 4 GiB is',
    async () => {
      const [, [length, sha256] = [0, '']] = ZEROS;
      const { pieces, ...rest } = bundleOf(length, sha256);
      const last = (pieces[4]?.[0] ?? 0) + 512 + length - 1;
      const changed = virtual({ ...rest, pieces: [...pieces, [last, Uint8Array.of(1)]] });
      const error = await refusal(async () => checkBundle(await openBundle(changed)));
      expect(error).toMatchObject({ code: 'digest-mismatch', exitCode: 4 });
    },
    SLOW,
  );
});

describe('ota bundle', () => {
  const make = (length: number) => {
    writeFileSync(folder.at('rootfs.sparse'), '');
    truncateSync(folder.at('rootfs.sparse'), length);
    const text = `product: gateway
version: 1.0.0
hardware: [gw-a1]
components:
  linux: {domain: os, file: rootfs.sparse, version: 1.0.0, counter: 1, compression: zstd}
`;
    return createBundle({
      content: parseReleaseFile(text, 'ota.yaml'),
      folder: folder.path,
      output: folder.at('out.ota'),
      allow: new Set(['blank-image']),
    });
  };

  it('takes an image of 2^32 + 1 bytes for what it is', { timeout: SLOW }, async () => {
    const [, [length, sha256] = [0, '']] = ZEROS;
    const { manifest } = await make(length);
    expect(manifest.components[0]?.image).toEqual({ length, sha256 });
    await withOpenBundle(folder.at('out.ota'), async (bundle) => {
      expect(bundle.manifest).toEqual(manifest);
      expect(bundle.payload('linux').length).toBeLessThan(2 ** 20);
    });
  });

  it('refuses what a header of an archive cannot say, before it reads it', async () => {
    expect(await refusal(() => make(2 ** 33))).toMatchObject({ code: 'input-too-large', exitCode: 3 });
    expect(readdirSync(folder.path)).toEqual(['rootfs.sparse']);
  });
});
