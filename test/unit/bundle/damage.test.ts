import { readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { withOpenBundle } from '../../../src/bundle/files.ts';
import { signBundleFile } from '../../../src/bundle/sign.ts';
import { verifyManifestSignatures } from '../../../src/bundle/signatures.ts';
import { inspectPath } from '../../../src/cli/inspect/inspect.ts';
import { OtaError } from '../../../src/core/errors.ts';
import { freshFolder } from '../../support/folder.ts';
import { bundle, keysOf, signer, writeProduct } from './fixture.ts';

const home = freshFolder();
const alice = signer(1);
const path = () => home.at('out.ota');

beforeEach(async () => {
  writeProduct(home.path);
  await bundle(home.path);
  await signBundleFile(path(), [alice]);
});

/** Replaces bytes of the bundle by as many others. */
function damage(from: string, to: string): void {
  const bytes = readFileSync(path());
  bytes.write(to, bytes.indexOf(from), 'latin1');
  writeFileSync(path(), bytes);
}

const uses: readonly [string, () => Promise<unknown>][] = [
  [
    'verify',
    () =>
      withOpenBundle(path(), async ({ sealed, signatures }) =>
        verifyManifestSignatures(sealed.bytes, signatures.bytes, keysOf(alice), 1),
      ),
  ],
  ['sign', () => signBundleFile(path(), [signer(2)])],
  ['inspect', () => inspectPath(path(), { now: 0, verify: false, trust: async () => undefined })],
];

describe.each(uses)('%s of a damaged bundle names the file and the part', (_, use) => {
  test.each([
    ['the manifest is no JSON', '"product"', '"product\\', 'manifest.json', 'json-invalid'],
    ['the manifest has another field', '"product"', '"produc_"', 'manifest.json', 'shape-invalid'],
    ['the signatures are no JSON', '"signatures"', '"signatures\\', 'signatures.json', 'json-invalid'],
    ['the signatures have another field', '"signatures"', '"signature_"', 'signatures.json', 'shape-invalid'],
  ])('%s', async (_, from, to, part, code) => {
    damage(from, to);
    await expect(use()).rejects.toMatchObject({
      code: 'bundle-invalid',
      exitCode: 4,
      message: expect.stringMatching(/out\.ota: the bundle is damaged: \S+\.json cannot be read: /),
      where: `${path()}: ${part}`,
      hint: expect.any(String),
      cause: { cause: { code } },
    });
  });

  test('cut short', async () => {
    writeFileSync(path(), readFileSync(path()).subarray(0, -512));
    const error = await use().catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(OtaError);
    expect((error as OtaError).message).toMatch(/^\S+out\.ota: the bundle is cut short: /);
    expect((error as OtaError).message.split('out.ota').length).toBe(2);
  });
});

test('other failures are left as they are', async () => {
  const failure = new OtaError('cancelled', 'no');
  await expect(withOpenBundle(path(), () => Promise.reject(failure))).rejects.toBe(failure);
});
