import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { signBundleFile } from '../../src/bundle/sign.ts';
import { concatBytes, utf8 } from '../../src/core/bytes.ts';
import { refusal } from '../support/client.ts';
import { sharedFolder } from '../support/folder.ts';
import { componentObject, type Entry, forgeBundle, manifestObject } from '../support/forge-bundle.ts';
import { bundle, keysOf, signer, verifyBytes, writeProduct } from '../unit/bundle/fixture.ts';

const folder = sharedFolder();
const alice = signer(1);
let bytes: Uint8Array;

beforeAll(async () => {
  writeProduct(folder);
  await bundle(folder, { sourceDateEpoch: 1_700_000_000 });
  await signBundleFile(join(folder, 'out.ota'), [alice]);
  bytes = new Uint8Array(readFileSync(join(folder, 'out.ota')));
});

const refused = async (changed: Uint8Array, what: string): Promise<string> => {
  const error = await refusal(() => verifyBytes(changed, keysOf(alice)));
  expect([what, error.exitCode]).toEqual([what, 4]);
  return error.message;
};

describe('no byte of a bundle is free', () => {
  it('as it was made it verifies', async () => {
    await verifyBytes(bytes, keysOf(alice));
  });

  it('with one bit changed at any position it is refused', async () => {
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      await refused(changed, `byte ${at}`);
    }
  });

  it('with a byte more or less at any block, or one off it, it is refused', async () => {
    for (let block = 0; block <= bytes.length; block += 512) {
      for (const at of [block - 1, block, block + 1]) {
        if (at < 0 || at >= bytes.length) continue;
        const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
        await refused(concatBytes(before, Uint8Array.of(bytes[at] ?? 0), after), `one more at ${at}`);
        await refused(concatBytes(before, after.subarray(1)), `one less at ${at}`);
        await refused(before, `cut at ${at}`);
      }
    }
  });

  it('with more at its end it is refused', async () => {
    for (const more of [1, 512, 1024, 10_240]) {
      const message = await refused(concatBytes(bytes, new Uint8Array(more)), `${more} more`);
      expect(message).toContain(`${more} bytes follow its end`);
    }
  });

  it('with a second bundle after it, or before it, it is refused', async () => {
    await refused(concatBytes(bytes, bytes), 'after its end');
    await refused(concatBytes(bytes.subarray(0, -1024), bytes), 'in the place of its end');
  });
});

describe('an archive with more in it than the signed manifest lists', () => {
  const image = utf8('the image');
  const manifest = manifestObject([componentObject('radio', image)]);
  const PAYLOAD = ['payloads/radio', image] as const;
  const EVIL = utf8('evil');

  it.each<[string, readonly Entry[]]>([
    ['a payload more', [PAYLOAD, ['payloads/zz', EVIL]]],
    ['a payload more before it', [['payloads/aa', EVIL], PAYLOAD]],
    ['the payload twice', [PAYLOAD, PAYLOAD]],
    ['an extra that is not listed', [PAYLOAD, ['extras/run.sh', EVIL]]],
    ['a second manifest', [PAYLOAD, ['manifest.json', EVIL]]],
    ['second signatures', [['signatures.json', EVIL], PAYLOAD]],
    ['a file at its root', [PAYLOAD, ['install.sh', EVIL]]],
  ])('is refused with %s', async (what, entries) => {
    await refused(await forgeBundle(manifest, entries, [alice]), what);
  });

  it('is accepted with what it lists', async () => {
    await verifyBytes(await forgeBundle(manifest, [PAYLOAD], [alice]), keysOf(alice));
  });
});
