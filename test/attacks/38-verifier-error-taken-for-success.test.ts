import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { checkBundle } from '../../src/bundle/check.ts';
import { openBundle } from '../../src/bundle/open.ts';
import { verifyManifestSignatures } from '../../src/bundle/signatures.ts';
import { memorySource } from '../../src/core/source.ts';
import { writePublicKeyFile } from '../../src/keys/key-file.ts';
import { ota } from '../support/cli.ts';
import { TestClient } from '../support/client.ts';
import { filesBelow, freshFolder, sharedFolder } from '../support/folder.ts';
import { Forge } from '../support/forge.ts';
import { makeBundle, makeTrust, noise, publishFile, RELEASE, update } from '../support/release.ts';
import { WritableStore } from '../support/writable-store.ts';
import { keysOf } from '../unit/bundle/fixture.ts';

const broken = vi.hoisted(() => ({ verify: false }));
vi.mock('@noble/ed25519', async (original) => {
  const real = await original<typeof import('@noble/ed25519')>();
  const verify: typeof real.verify = (...request) => {
    if (broken.verify) throw new Error('the verifier broke');
    return real.verify(...request);
  };
  return { ...real, verify };
});
afterEach(() => {
  broken.verify = false;
});

const bundles = sharedFolder();
const folder = freshFolder();
const trust = await makeTrust();
const IMAGE = noise(1, 500);
let honest = '';
beforeAll(async () => {
  honest = await makeBundle(bundles, { version: '1.0.0', components: { radio: { image: IMAGE } } });
});

describe('a verifier that throws', () => {
  it('has verified no bundle', async () => {
    const bundle = await openBundle(memorySource(readFileSync(honest)));
    const verify = () =>
      verifyManifestSignatures(bundle.sealed.bytes, bundle.signatures.bytes, keysOf(RELEASE), 1);
    broken.verify = true;
    expect(verify).toThrow('the verifier broke');
    broken.verify = false;
    expect(verify().signed).toEqual([RELEASE.publicKey.keyid]);
  });

  it('has verified no role, and what is trusted stays as it was', async () => {
    const forge = await Forge.make();
    const client = new TestClient(forge.store, forge.bytes('root'));
    broken.verify = true;
    await expect(client.refresh()).rejects.toThrow('the verifier broke');
    expect(client.commits).toBe(0);
    broken.verify = false;
    await client.refresh();
  });

  it('has a device install nothing', async () => {
    const store = new WritableStore();
    await publishFile(honest, { store, trust, scratch: folder.at('scratch') });
    broken.verify = true;
    await expect(update(folder.at('device'), store, trust)).rejects.toThrow('the verifier broke');
    expect(filesBelow(folder.at('device', 'slots')).size).toBe(0);
    broken.verify = false;
    expect((await update(folder.at('device'), store, trust)).to).toBe('1.0.0');
  });

  it('has nothing published', async () => {
    const store = new WritableStore();
    const publish = () => publishFile(honest, { store, trust, scratch: folder.at('scratch') });
    broken.verify = true;
    await expect(publish()).rejects.toThrow('the verifier broke');
    expect(store.keys()).toEqual([]);
  });
});

it('a payload that cannot be read is not a payload that was checked', async () => {
  const bytes = readFileSync(honest);
  const source = memorySource(bytes);
  const at = bytes.indexOf(Buffer.from(IMAGE));
  const bundle = await openBundle({
    ...source,
    read: async (offset, length) => {
      if (offset <= at && at < offset + length) throw new Error('the disk broke');
      return source.read(offset, length);
    },
  });
  await expect(checkBundle(bundle)).rejects.toThrow('the disk broke');
  await checkBundle(await openBundle(source));
});

describe('ota verify', () => {
  const NAMES = [
    'it\'s "quoted".ota',
    '$(touch pwned); `touch pwned` & #.ota',
    ' spaces  and\ttabs .ota',
    'line\nfeed.ota',
    '-n.ota',
    '%s %n.ota',
    'ünï\u202e.ota',
  ];

  it.each(NAMES)(
    'says of a damaged bundle that it is, and of a sound one that it is not: %j',
    async (name) => {
      const key = folder.at('release.pub');
      writeFileSync(key, writePublicKeyFile(RELEASE.publicKey));
      const run = () => ota(folder.path, ['verify', '--key', key, '--json', '--', name]);
      copyFileSync(honest, join(folder.path, name));
      const sound = await run();
      expect([sound.exitCode, sound.stderr]).toEqual([0, '']);
      const bytes = readFileSync(honest);
      const at = bytes.indexOf(Buffer.from(IMAGE));
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(join(folder.path, name), bytes);
      const damaged = await run();
      expect(damaged.exitCode).toBe(4);
      expect(JSON.parse(damaged.stdout)).toMatchObject({ error: { code: 'digest-mismatch' } });
      expect([...filesBelow(folder.path).keys()].sort()).toEqual([name, 'release.pub'].sort());
    },
  );
});
