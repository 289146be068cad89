import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { withOpenBundle } from '../../../src/bundle/files.ts';
import { seal } from '../../../src/core/digest.ts';
import type { ProgressEvent } from '../../../src/core/progress.ts';
import { applyUploads } from '../../../src/publish/apply-uploads.ts';
import type { PlannedUpload } from '../../../src/publish/plan.ts';
import { sealedTarget } from '../../../src/publish/targets.ts';
import { planUploads } from '../../../src/publish/uploads.ts';
import { targetKey } from '../../../src/repository/layout.ts';
import { directoryStore } from '../../../src/storage/directory.ts';
import type { Body, ObjectHeaders, Store } from '../../../src/storage/store.ts';
import { refusal } from '../../support/client.ts';
import { filesBelow, freshFolder, sharedFolder } from '../../support/folder.ts';
import { makeBundle, makeTrust, noise, patched, publishFile, update } from '../../support/release.ts';
import { WritableStore } from '../../support/writable-store.ts';

const bundles = sharedFolder();
const folder = freshFolder();
const trust = await makeTrust();
const BOOT = noise(1, 100_000);
const RADIO = noise(2, 100_000);
let [first, second] = ['', ''];
beforeAll(async () => {
  first = await makeBundle(bundles, {
    version: '1.0.0',
    components: { boot: { image: BOOT, delta: false }, radio: { image: RADIO } },
  });
  second = await makeBundle(bundles, {
    version: '1.1.0',
    components: { boot: { image: BOOT, delta: false }, radio: { image: patched(RADIO, 3) } },
  });
});

const statuses = (report: Awaited<ReturnType<typeof publishFile>>) =>
  report.targets
    .filter(({ path }) => /\/(?:boot|radio)$/.test(path))
    .map(({ path, status }) => `${path} ${status}`);
const publishTo = (store: Store, path: string) =>
  publishFile(path, { store, trust, scratch: folder.at('scratch') });

describe('a payload that an earlier release has', () => {
  it('is copied inside the store, and devices get it', async () => {
    const store = directoryStore(folder.at('store'));
    await publishTo(store, first);
    const report = await publishTo(store, second);
    expect(statuses(report)).toEqual(['gateway/1.1.0/boot copied', 'gateway/1.1.0/radio uploaded']);
    expect(report.copiedBytes).toBe(BOOT.length);
    expect(report.uploadedBytes).toBeGreaterThanOrEqual(RADIO.length);
    await update(folder.at('device'), store, trust);
    expect(readFileSync(folder.at('device', 'slots', 'boot'))).toEqual(Buffer.from(BOOT));
  });

  it('is judged by what the signed manifest says of it', async () => {
    const store = new WritableStore();
    await publishTo(store, first);
    const asked: Body[] = [];
    const copyFrom = store.copyFrom.bind(store);
    store.copyFrom = (from, key, body, headers) => {
      asked.push(body);
      return copyFrom(from, key, body, headers);
    };
    await publishTo(store, second);
    expect(asked.map(({ etag }) => etag)).toEqual([createHash('md5').update(BOOT).digest('hex')]);
  });

  it('is sent where what the store has is no longer what was signed', async () => {
    const store = directoryStore(folder.at('store'));
    await publishTo(store, first);
    const { file } = sealedTarget('gateway/1.0.0/boot', seal(BOOT));
    const key = targetKey('gateway/1.0.0/boot', file.sha256);
    writeFileSync(`${store.url}/${key}`, Buffer.from(BOOT).reverse());
    const next = sealedTarget('gateway/1.1.0/boot', seal(BOOT));
    const planned = await planUploads(store, [next], [['gateway/1.0.0/boot', file]]);
    expect(planned).toMatchObject([{ action: 'copy', from: key }]);
    expect(await applyUploads(planned, { store, progress: () => {} })).toEqual(['uploaded']);
    expect(readFileSync(`${store.url}/${planned[0]?.key}`)).toEqual(Buffer.from(BOOT));
  });
});

describe('planUploads', () => {
  const target = (path: string, bytes: Uint8Array) => sealedTarget(`gateway/1.0.0/${path}`, seal(bytes));
  const actions = (uploads: readonly PlannedUpload[]) => uploads.map(({ action, from }) => [action, from]);

  it('sends the same bytes once, and small ones each time', async () => {
    const store = directoryStore(folder.at('store'));
    const small = noise(3, 1000);
    const targets = [target('a', BOOT), target('b', small), target('c', BOOT), target('d', small)];
    const planned = await planUploads(store, targets);
    expect(actions(planned)).toEqual([
      ['upload', undefined],
      ['upload', undefined],
      ['copy', planned[0]?.key],
      ['upload', undefined],
    ]);
    const done = await applyUploads(planned, { store, progress: () => {} });
    expect(done).toEqual(['uploaded', 'uploaded', 'copied', 'uploaded']);
    expect(readFileSync(`${store.url}/${planned[2]?.key}`)).toEqual(Buffer.from(BOOT));
  });

  it('copies from what was sent first, of which every store can say what it is', async () => {
    const store = directoryStore(folder.at('store'));
    const old = [target('old', BOOT), target('older', BOOT)];
    await applyUploads(await planUploads(store, old), { store, progress: () => {} });
    const listed = old.map(({ path, file }) => [path, file] as const);
    const [first] = listed;
    const planned = await planUploads(store, [target('new', BOOT)], listed);
    expect(planned[0]).toMatchObject({
      action: 'copy',
      from: targetKey(first?.[0] ?? '', seal(BOOT).sha256),
    });
  });

  it('copies nothing that is not there, nor in a store that cannot', async () => {
    const { file } = target('old', BOOT);
    const listed = [['gateway/0.9.0/old', file]] as const;
    const store = directoryStore(folder.at('store'));
    expect(actions(await planUploads(store, [target('a', BOOT)], listed))).toEqual([['upload', undefined]]);
    const memory = new WritableStore();
    const plain: Store = Object.assign(memory, { copyFrom: undefined });
    memory.objects.set(targetKey('gateway/0.9.0/old', file.sha256), BOOT);
    expect(actions(await planUploads(plain, [target('a', BOOT)], listed))).toEqual([['upload', undefined]]);
  });
});

/** Takes four objects at once, some of them slowly. */
class WideStore extends WritableStore {
  readonly width = 4;
  now = 0;
  most = 0;
  override async create(key: string, body: Body, headers: ObjectHeaders) {
    this.now += 1;
    this.most = Math.max(this.most, this.now);
    try {
      if (key.endsWith('.bad')) throw new Error('the store broke');
      let length = 0;
      for await (const piece of body.open()) {
        await sleep(2);
        body.sent?.(piece.length);
        length += piece.length;
      }
      expect(length).toBe(body.length);
      return await super.create(key, body, headers);
    } finally {
      this.now -= 1;
    }
  }
}

describe('applyUploads', () => {
  const upload = (name: string, bytes: Uint8Array): PlannedUpload => {
    const { sha256, length } = seal(bytes);
    const path = `gateway/1.0.0/${name}`;
    return {
      path,
      key: targetKey(path, sha256),
      sha256,
      length,
      action: 'upload',
      origin: { in: 'memory', bytes },
    };
  };
  const uploads = Array.from({ length: 9 }, (_, at) => upload(`part${at}`, noise(at, 100 + at)));

  it('sends as many at once as the store takes, and shows one line for all', async () => {
    const store = new WideStore();
    const events: ProgressEvent[] = [];
    await applyUploads(uploads, { store, progress: (event) => events.push(event) });
    expect(store.most).toBe(4);
    const total = uploads.reduce((sum, { length }) => sum + length, 0);
    expect(new Set(events.map(({ task }) => task))).toEqual(new Set(['upload 9 files']));
    expect(events.at(-1)).toEqual({ task: 'upload 9 files', done: total, total });
    expect(events.every(({ done }, at) => done >= (events[at - 1]?.done ?? 0))).toBe(true);
  });

  it('gives up the others when one fails, and says why that one did', async () => {
    const store = new WideStore();
    const endless = upload('endless', noise(1, 50));
    const run = applyUploads([upload('bad', noise(2, 50)), endless, ...uploads], {
      store,
      progress: () => {},
    });
    await expect(run).rejects.toThrow('the store broke');
    expect(store.now).toBe(0);
    expect(store.keys().length).toBeLessThan(4);
  });
});

/** A copy of a bundle in which one bit of some bytes is another. */
function damaged(bundle: string, part: Uint8Array): string {
  const path = folder.at('damaged.ota');
  const bytes = readFileSync(bundle);
  const at = bytes.indexOf(part);
  expect(at).toBeGreaterThan(0);
  bytes[at + 5] = (bytes[at + 5] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  return path;
}

describe('what the store has already is not read from the bundle', () => {
  it('nor decompressed: damaged there, it does no harm', async () => {
    // Hex digits: half of it when compressed.
    const text = Buffer.from(Buffer.from(noise(7, 200_000)).toString('hex'));
    const make = (version: string, radio: Uint8Array) =>
      makeBundle(folder.at('bundles'), {
        version,
        components: { radio: { image: radio }, text: { image: text, compression: 'zstd', delta: false } },
      });
    const [old, fresh] = [await make('1.0.0', RADIO), await make('1.1.0', patched(RADIO, 4))];
    const packed = await withOpenBundle(old, async (bundle) => {
      const source = bundle.payload('text');
      expect(source.length).toBeLessThan(text.length);
      return source.read(1000, 1000);
    });
    const store = new WritableStore();
    await publishTo(store, old);
    // Neither is it read by the store that copies, which knows the bytes by their digest.
    const report = await publishTo(store, damaged(fresh, packed));
    expect(report.targets.find(({ path }) => path === 'gateway/1.1.0/text')?.status).toBe('copied');
    await update(folder.at('device'), store, trust);
    expect(readFileSync(folder.at('device', 'slots', 'text'))).toEqual(text);
    // Where it has to be sent after all, it is refused.
    expect(await refusal(() => publishTo(new WritableStore(), damaged(fresh, packed)))).toMatchObject({
      code: 'digest-mismatch',
    });
  });

  it('after a release is published, nor while one that was cut off goes on', async () => {
    const store = new WritableStore();
    await publishTo(store, first);
    expect((await publishTo(store, damaged(first, BOOT))).changed).toBe(false);
    store.fate = (_, request) => (request === 'replace' ? 'fail' : 'do');
    await expect(publishTo(store, second)).rejects.toThrow();
    store.fate = () => 'do';
    expect((await publishTo(store, damaged(second, BOOT))).changed).toBe(true);
    await update(folder.at('device'), store, trust);
    expect(readFileSync(folder.at('device', 'slots', 'boot'))).toEqual(Buffer.from(BOOT));
  });
});

it('a bundle that was damaged before is said to be damaged, and nothing of it is published', async () => {
  const path = damaged(first, RADIO);
  const store = directoryStore(folder.at('store'));
  expect(await refusal(() => publishTo(store, path))).toMatchObject({
    code: 'digest-mismatch',
    where: 'payloads/radio',
    exitCode: 4,
  });
  expect([...filesBelow(folder.at('store')).keys()].filter((key) => !key.endsWith('.boot'))).toEqual([]);
});
