import { rmSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { withOpenBundle } from '../../src/bundle/files.ts';
import { verifyManifestSignatures } from '../../src/bundle/signatures.ts';
import { releaseKeysOfFiles, releaseKeysOfTrust } from '../../src/cli/release-keys.ts';
import { writePublicKeyFile } from '../../src/keys/key-file.ts';
import type { PublicKey } from '../../src/keys/public-key.ts';
import { ota, otaJson } from '../support/cli.ts';
import { refusal, TestClient } from '../support/client.ts';
import { filesBelow, freshFolder, sharedFolder } from '../support/folder.ts';
import { Forge, NOW } from '../support/forge.ts';
import { makeBundle, makeTrust, noise, PRODUCT, publishFile, RELEASE, update } from '../support/release.ts';
import { WritableStore } from '../support/writable-store.ts';
import { keysOf } from '../unit/bundle/fixture.ts';

const bundles = sharedFolder();
const folder = freshFolder();
const trust = await makeTrust();
let first = '';
let second = '';
beforeAll(async () => {
  first = await makeBundle(bundles, { version: '1.0.0', components: { radio: { image: noise(1, 500) } } });
  second = await makeBundle(bundles, { version: '1.1.0', components: { radio: { image: noise(2, 500) } } });
});

describe('a bundle', () => {
  const verify = (keys: ReadonlyMap<string, PublicKey>, threshold: number) =>
    withOpenBundle(first, async (bundle) =>
      verifyManifestSignatures(bundle.sealed.bytes, bundle.signatures.bytes, keys, threshold),
    );

  it.each([0, 1, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'is not verified by no keys, with a threshold of %d',
    async (threshold) => {
      const error = await refusal(() => verify(new Map(), threshold));
      expect(error).toMatchObject({ code: 'threshold-unmet', exitCode: 4 });
    },
  );

  it.each([0, -1, 0.5, Number.NaN, 2])('nor by one key with a threshold of %d', async (threshold) => {
    expect((await refusal(() => verify(keysOf(RELEASE), threshold))).code).toBe('threshold-unmet');
  });

  it('is verified by one with a threshold of 1', async () => {
    expect((await verify(keysOf(RELEASE), 1)).signed).toEqual([RELEASE.publicKey.keyid]);
  });
});

describe('a trust folder', () => {
  const keys = () => releaseKeysOfTrust(folder.at('trust'), PRODUCT, NOW);

  it('that is gone gives no keys', async () => {
    // Nothing was forged: a path leads nowhere, and the exit code is that of every such path.
    expect(await refusal(keys)).toMatchObject({ code: 'input-missing', exitCode: 3 });
  });

  it('nor does the list of no key files', async () => {
    const { keys: none, threshold } = await releaseKeysOfFiles([], undefined);
    const error = await refusal(() =>
      withOpenBundle(first, async (bundle) =>
        verifyManifestSignatures(bundle.sealed.bytes, bundle.signatures.bytes, none, threshold),
      ),
    );
    expect(error).toMatchObject({ code: 'threshold-unmet', exitCode: 4 });
  });
});

describe('metadata', () => {
  it.each(['root', 'targets', 'snapshot', 'timestamp'])(
    'whose root names nobody for %s is refused',
    async (role) => {
      const forge = await Forge.make();
      const honest = forge.bytes('root');
      await forge.publish('root', [['roles', role], { keyids: [], threshold: 0 }]);
      await new TestClient(forge.store, honest).refuses('role-signers');
      await new TestClient(forge.store, forge.bytes('root')).refuses('role-signers');
    },
  );

  it('that delegates a product to nobody is refused', async () => {
    const forge = await Forge.make();
    const client = new TestClient(forge.store, forge.bytes('root'));
    await client.refresh();
    await forge.publish(
      'targets',
      [['delegations', 'roles', 0, 'keyids'], []],
      [['delegations', 'keys'], {}],
    );
    await client.refuses('role-signers');
  });
});

describe('a device', () => {
  it('whose root is deleted installs nothing more', async () => {
    const store = new WritableStore();
    const options = { store, trust, scratch: folder.at('scratch') };
    await publishFile(first, options);
    for (const name of ['device', 'honest']) await update(folder.at(name), store, trust);
    await publishFile(second, options);
    rmSync(folder.at('device', 'trust'), { recursive: true });
    const slots = filesBelow(folder.at('device', 'slots'));
    const error = await refusal(() => update(folder.at('device'), store, trust));
    expect(error).toMatchObject({ code: 'root-missing', exitCode: 4 });
    expect(filesBelow(folder.at('device', 'slots'))).toEqual(slots);
    expect((await update(folder.at('honest'), store, trust)).to).toBe('1.1.0');
  });
});

describe('the built tool', () => {
  it('verifies nothing without keys', async () => {
    writeFileSync(folder.at('empty.pub'), '');
    for (const [keys, exitCode] of [
      [[], 3],
      [['--trust', 'nowhere'], 3],
      [['--key', 'empty.pub'], 3],
      [['--key', 'empty.pub', '--threshold', '0'], 2],
    ] as const) {
      const outcome = await ota(folder.path, ['verify', first, ...keys, '--json']);
      expect([keys, outcome.exitCode]).toEqual([keys, exitCode]);
      expect(outcome.stdout).not.toContain('"signed"');
    }
  });

  it('verifies with one', async () => {
    writeFileSync(folder.at('release.pub'), writePublicKeyFile(RELEASE.publicKey));
    const run = () => otaJson(folder.path, ['verify', first, '--key', 'release.pub']);
    expect(await run()).toMatchObject({ signed: [RELEASE.publicKey.keyid] });
  });
});
