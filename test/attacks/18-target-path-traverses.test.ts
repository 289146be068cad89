import { lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { seal } from '../../src/core/digest.ts';
import type { Name, Version } from '../../src/core/names.ts';
import { encodeManifestCustom } from '../../src/repository/custom.ts';
import { directoryStore } from '../../src/storage/directory.ts';
import { refusal, TestClient } from '../support/client.ts';
import { filesBelow, freshFolder } from '../support/folder.ts';
import { Forge, fileObject, PAYLOAD, PAYLOAD_PATH } from '../support/forge.ts';
import { componentObject, manifestObject } from '../support/forge-bundle.ts';
import {
  anchorOf,
  makeBundle,
  makeTrust,
  noise,
  ONLINE,
  publishFile,
  RELEASE,
  update,
} from '../support/release.ts';
import { resignProduct } from '../support/resign.ts';
import { WritableStore } from '../support/writable-store.ts';

const folder = freshFolder();
const IMAGE = noise(1, 500);
const trust = await makeTrust();

/** A store with release 1.0.0 of one component. */
async function published(): Promise<WritableStore> {
  const store = new WritableStore();
  const path = await makeBundle(folder.path, { version: '1.0.0', components: { radio: { image: IMAGE } } });
  await publishFile(path, { store, trust, scratch: folder.at('scratch') });
  return store;
}

describe('a target path that leads elsewhere', () => {
  it.each([
    '/etc/passwd',
    '../x',
    'gateway/../../x',
    'gateway/1.0.0/..',
    'gateway/./radio',
    'gateway//radio',
    'gateway\\1.0.0\\radio',
    'C:\\radio',
    'gateway/1.0.0/radio\u0000',
    '',
    'a'.repeat(1025),
  ])('makes its role refused: %j', async (path) => {
    const forge = await Forge.make();
    await forge.publish('gateway', [['targets', path], fileObject(PAYLOAD)]);
    const client = new TestClient(forge.store, forge.bytes('root'));
    const repository = await client.refresh();
    await client.refuses('target-path', () => repository.find(PAYLOAD_PATH));
    expect(forge.store.asked.filter((key) => key.startsWith('targets/'))).toEqual([]);
  });

  it.each(['../x', '/x', 'gateway/../x'])('is never asked for: %j', async (path) => {
    const forge = await Forge.make();
    const client = new TestClient(forge.store, forge.bytes('root'));
    const repository = await client.refresh();
    await client.refuses('target-path', () => repository.find(path));
    expect(forge.store.asked.filter((key) => key.startsWith('targets/'))).toEqual([]);
    expect(await repository.read(await repository.get(PAYLOAD_PATH))).toEqual(PAYLOAD);
  });
});

describe('a signed manifest that names a slot or a component elsewhere', () => {
  const SLOT = { name: '../../slot', size: 4096 };
  it.each([
    ['slot', { ...componentObject('radio', IMAGE), slot: SLOT }],
    ['component', componentObject('../../radio', IMAGE)],
    ['absolute component', componentObject('/radio', IMAGE)],
  ])('is refused by a device, and nothing is written: %s', async (_, component) => {
    const store = await published();
    const manifest = utf8(JSON.stringify(manifestObject([component])));
    const channel = utf8(
      JSON.stringify({
        _type: 'ota-channel',
        format: 1,
        product: 'gateway',
        channel: 'stable',
        release: { version: '1.0.0', manifest: { length: manifest.length, sha256: seal(manifest).sha256 } },
      }),
    );
    await listTarget(store, 'gateway/1.0.0/manifest.json', manifest);
    await listTarget(store, 'gateway/channels/stable.json', channel);
    const error = await refusal(() => update(folder.at('device'), store, trust));
    expect(error).toMatchObject({ code: 'target-invalid', exitCode: 4 });
    expect(error.message).toContain('must be a name of a-z');
    expect([...filesBelow(folder.at('device')).keys()].filter((path) => !path.startsWith('lock/'))).toEqual(
      [],
    );
  });

  it('is installed where it names its own', async () => {
    await update(folder.at('device'), await published(), trust);
    expect(filesBelow(folder.at('device', 'slots'))).toEqual(new Map([['radio', Buffer.from(IMAGE)]]));
  });
});

const CUSTOM = encodeManifestCustom({
  product: 'gateway' as Name,
  version: '1.0.0' as Version,
  hardwareIds: ['gw-a1' as Name],
  sequence: 1,
  time: 0,
});

/** Has the product's role list other bytes under a path, as a release would, and puts them there. */
async function listTarget(store: WritableStore, path: string, bytes: Uint8Array): Promise<void> {
  const slash = path.lastIndexOf('/') + 1;
  store.objects.set(`targets/${path.slice(0, slash)}${seal(bytes).sha256}.${path.slice(slash)}`, bytes);
  await resignProduct(store, { release: RELEASE, online: ONLINE }, [
    ['targets', path],
    { ...fileObject(bytes), custom: CUSTOM },
  ]);
}

describe('a link on the way', () => {
  it.each(['slots', 'trust', 'cache', 'lock'])(
    'in the place of a device’s %s leads no file elsewhere',
    async (name) => {
      const store = await published();
      mkdirSync(folder.at('outside'));
      mkdirSync(folder.at('device'));
      symlinkSync(folder.at('outside'), folder.at('device', name));
      const error = await refusal(() => update(folder.at('device'), store, trust));
      expect(error).toMatchObject({ code: 'device-invalid', exitCode: 4, where: folder.at('device', name) });
      expect(readdirSync(folder.at('outside'))).toEqual([]);
    },
  );

  it('in the place of a slot is replaced, and what it leads to stays as it is', async () => {
    const store = await published();
    writeFileSync(folder.at('outside'), 'precious');
    mkdirSync(folder.at('device', 'slots'), { recursive: true });
    symlinkSync(folder.at('outside'), folder.at('device', 'slots', 'radio'));
    await update(folder.at('device'), store, trust);
    expect(filesBelow(folder.path).get('outside')).toEqual(Buffer.from('precious'));
    expect(lstatSync(folder.at('device', 'slots', 'radio')).isSymbolicLink()).toBe(false);
  });

  it('in a store that is a folder leads no object elsewhere', async () => {
    mkdirSync(folder.at('outside'));
    mkdirSync(folder.at('store'));
    symlinkSync(folder.at('outside'), folder.at('store', 'targets'));
    const path = await makeBundle(folder.path, { version: '1.0.0', components: { radio: { image: IMAGE } } });
    const options = { trust, scratch: folder.at('scratch') };
    const error = await refusal(() =>
      publishFile(path, { ...options, store: directoryStore(folder.at('store')) }),
    );
    expect(error).toMatchObject({ code: 'store-refused' });
    expect(readdirSync(folder.at('outside'))).toEqual([]);
    const honest = directoryStore(folder.at('honest'));
    expect((await publishFile(path, { ...options, store: honest })).changed).toBe(true);
    expect(anchorOf(trust)).toEqual(
      new Uint8Array((await honest.read('metadata/1.root.json', 2 ** 20))?.bytes ?? []),
    );
  });
});
