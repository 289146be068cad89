import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { directoryStore } from '../../src/storage/directory.ts';
import { refusal } from '../support/client.ts';
import { filesBelow, freshFolder, sharedFolder } from '../support/folder.ts';
import { makeBundle, makeTrust, noise, patched, publishFile, update } from '../support/release.ts';
import { WritableStore } from '../support/writable-store.ts';

const bundles = sharedFolder();
const folder = freshFolder();
const trust = await makeTrust();
const GOOD = noise(1, 1500);
const EVIL = patched(GOOD, 66);
let good = '';
let evil = '';
beforeAll(async () => {
  good = await makeBundle(bundles, { version: '1.0.0', components: { radio: { image: GOOD } } });
  evil = await makeBundle(`${bundles}/evil`, { version: '1.0.0', components: { radio: { image: EVIL } } });
  const { atime, mtime, size } = statSync(good);
  utimesSync(evil, atime, mtime);
  expect(statSync(evil)).toMatchObject({ size, mtime });
});

const into = (store: WritableStore | ReturnType<typeof directoryStore>) => ({
  store,
  trust,
  scratch: folder.at('scratch'),
});

describe('the same version, size and time with other bytes', () => {
  it('is not the release that is published', async () => {
    const store = new WritableStore();
    await publishFile(good, into(store));
    const before = new Map(store.objects);
    expect(await refusal(() => publishFile(evil, into(store)))).toMatchObject({
      code: 'release-exists',
      exitCode: 3,
    });
    expect(store.objects).toEqual(before);
    expect(await publishFile(good, into(store))).toMatchObject({ changed: false });
  });

  it('is not the object that a store without digests holds under its name', async () => {
    const home = folder.at('store');
    await publishFile(good, into(directoryStore(home)));
    const kept = filesBelow(home);
    const [radio = ''] = [...kept.keys()].filter((key) => key.endsWith('.radio'));
    const second = await makeBundle(folder.at('second'), {
      version: '1.0.0',
      components: { radio: { image: GOOD } },
    });
    const other = folder.at('other');
    const store = directoryStore(other);
    await publishFile(second, into(store));
    const { rmSync } = await import('node:fs');
    rmSync(`${other}/metadata`, { recursive: true });
    writeFileSync(`${other}/${radio}`, EVIL);
    const error = await refusal(() => publishFile(second, into(store)));
    expect(error).toMatchObject({ code: 'store-mismatch', where: expect.stringContaining(radio) });
    expect(filesBelow(`${other}/metadata`).size).toBe(0);

    writeFileSync(`${other}/${radio}`, GOOD);
    expect((await publishFile(second, into(store))).changed).toBe(true);
  });

  it('is not the image that a device has installed', async () => {
    const store = new WritableStore();
    await publishFile(good, into(store));
    await update(folder.at('device'), store, trust);
    const slot = folder.at('device', 'slots', 'radio');
    const { atime, mtime } = statSync(slot);
    writeFileSync(slot, EVIL);
    utimesSync(slot, atime, mtime);
    expect(await update(folder.at('device'), store, trust)).toMatchObject({ changed: true });
    expect(readFileSync(slot)).toEqual(Buffer.from(GOOD));
    expect(await update(folder.at('device'), store, trust)).toMatchObject({ changed: false });
  });
});
