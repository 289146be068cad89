import { mkdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { sha256 } from '../../../src/core/digest.ts';
import type { Version } from '../../../src/core/names.ts';
import { silent } from '../../../src/core/progress.ts';
import { writeStreamAtomic } from '../../../src/files/write.ts';
import {
  archivedReleases,
  bundleOf,
  findPastRelease,
  openPastReleases,
  readWhole,
  verifyPastRelease,
} from '../../../src/publish/past-releases.ts';
import { releasesOf } from '../../../src/publish/releases.ts';
import { loadState } from '../../../src/publish/repository-state.ts';
import { refusal } from '../../support/client.ts';
import { freshFolder, sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import {
  makeBundle,
  makeTrust,
  name,
  noise,
  ONLINE,
  PRODUCT,
  type PublishTest,
  patched,
  publishFile,
  RELEASE,
  type TestRelease,
  update,
  version,
} from '../../support/release.ts';
import { rotate } from '../../support/rotation.ts';
import { signerNamed } from '../../support/signers.ts';
import { WritableStore } from '../../support/writable-store.ts';

vi.mock('../../../src/keys/ed25519.ts', async (original) =>
  (await import('../../support/memoized.ts')).memoized(
    await original<typeof import('../../../src/keys/ed25519.ts')>(),
  ),
);

const bundles = sharedFolder();
const folder = freshFolder();
const trust = await makeTrust();
const BASE = noise(1, 600);
const made = new Map<string, string>();

/** The bundle of a version: small, with a payload that no other version has, and a counter that may differ. */
async function bundle(text: string, release: Partial<TestRelease> & { readonly counter?: number } = {}) {
  const { counter = 1, ...rest } = release;
  const signers = rest.signers?.map(({ publicKey }) => publicKey.keyid);
  const key = JSON.stringify([text, counter, rest.notes, rest.time, signers]);
  const image = patched(BASE, Number.parseInt(sha256(Buffer.from(text)).slice(0, 2), 16));
  const path =
    made.get(key) ??
    (await makeBundle(`${bundles}/${made.size}`, {
      version: text,
      components: { radio: { image, counter } },
      ...rest,
    }));
  made.set(key, path);
  return path;
}

const options = (store: WritableStore, more: Partial<PublishTest> = {}): PublishTest => ({
  store,
  trust,
  scratch: folder.at('scratch'),
  deltasFrom: 1,
  keep: { releases: 2, versions: [] },
  ...more,
});

/** A store to which 1.0.0 … 1.(count-1).0 were published one after the other. */
async function history(count: number, more: Partial<PublishTest> = {}): Promise<WritableStore> {
  const store = new WritableStore();
  for (let minor = 0; minor < count; minor += 1)
    await publishFile(await bundle(`1.${minor}.0`), options(store, more));
  return store;
}

const live = async (store: WritableStore): Promise<readonly Version[]> =>
  releasesOf((await loadState(store, trust, PRODUCT, NOW)).product?.signed).map((release) => release.version);
const archived = async (store: WritableStore): Promise<readonly Version[]> =>
  (await archivedReleases(await openPastReleases(store, trust, PRODUCT))).map((release) => release.version);

beforeAll(() => mkdirSync(`${bundles}/none`, { recursive: true }));

describe('a release leaves the product’s role when a later one is signed', () => {
  it('unless it is one of the last; the role lists as many targets however many there were', async () => {
    const store = await history(4);
    const role = async () => (await loadState(store, trust, PRODUCT, NOW)).product?.signed.targets.size;
    expect([await live(store), await archived(store)]).toEqual([
      ['1.3.0', '1.2.0'],
      ['1.1.0', '1.0.0'],
    ]);
    const before = await role();
    const report = await publishFile(await bundle('1.4.0'), options(store));
    expect(report.archived).toEqual(['1.2.0']);
    expect([await live(store), await archived(store)]).toEqual([
      ['1.4.0', '1.3.0'],
      ['1.2.0', '1.1.0', '1.0.0'],
    ]);
    expect(await role()).toBe(before);
  });

  it('unless a channel names it, the policy does, or deltas will be made from it', async () => {
    const store = new WritableStore();
    await publishFile(await bundle('1.0.0'), options(store, { channel: name('lts') }));
    const keep = { releases: 1, versions: [version('1.1.0')] };
    for (const text of ['1.1.0', '1.2.0', '1.3.0', '1.4.0'])
      await publishFile(await bundle(text), options(store, { keep, deltasFrom: 2 }));
    expect(await live(store)).toEqual(['1.4.0', '1.3.0', '1.1.0', '1.0.0']);
    expect(await archived(store)).toEqual(['1.2.0']);
    // The channel goes on, and so its release may leave.
    await publishFile(await bundle('1.4.0'), options(store, { keep, deltasFrom: 2, channel: name('lts') }));
    await publishFile(await bundle('1.5.0'), options(store, { keep, deltasFrom: 2 }));
    expect(await archived(store)).toEqual(['1.3.0', '1.2.0', '1.0.0']);
  });

  it('and nothing that devices fetch by name is gone from the store', async () => {
    const store = await history(2);
    const before = new Map(store.objects);
    await publishFile(await bundle('1.2.0'), options(store));
    for (const key of before.keys()) expect(store.objects.has(key)).toBe(true);
  });
});

describe('a device at a release that is archived', () => {
  it('updates to what its channel gives, by a delta where one leads from its image', async () => {
    const store = new WritableStore();
    const keep = { releases: 1, versions: [] };
    await publishFile(await bundle('1.0.0'), options(store, { keep }));
    const [near, far] = [folder.at('near'), folder.at('far')];
    for (const device of [near, far]) await update(device, store, trust);
    await publishFile(await bundle('1.1.0'), options(store, { keep }));
    expect(await archived(store)).toEqual(['1.0.0']);
    expect((await update(near, store, trust)).components).toMatchObject([{ action: 'delta', to: '1.1.0' }]);
    await publishFile(await bundle('1.2.0'), options(store, { keep }));
    expect((await update(far, store, trust)).components).toMatchObject([{ action: 'full', to: '1.2.0' }]);
    expect((await update(near, store, trust)).components).toMatchObject([{ action: 'delta', to: '1.2.0' }]);
  });

  it('asks for as many files as before, and none of the archive', async () => {
    const store = await history(3);
    const asked = async (device: string) => {
      store.asked.length = 0;
      await update(folder.at(device), store, trust);
      return store.asked.map((key) => key.replace(/\d+\.(\d+\.\d+)?|[0-9a-f]{64}/g, '#'));
    };
    const before = await asked('first');
    for (const minor of [3, 4, 5, 6]) await publishFile(await bundle(`1.${minor}.0`), options(store));
    const after = await asked('second');
    expect(after).toHaveLength(before.length);
    expect(after.filter((key) => key.includes('archive'))).toEqual([]);
  });
});

describe('what was published once', () => {
  it('keeps its version: other bytes are refused, in any case of its letters', async () => {
    const store = await history(4);
    const before = new Map(store.objects);
    const other = await bundle('1.0.0', { notes: 'not the same' });
    expect(await refusal(() => publishFile(other, options(store)))).toMatchObject({
      code: 'release-exists',
      message: expect.stringContaining('gateway 1.0.0 is published already'),
    });
    expect(store.objects).toEqual(before);
    const letters = new WritableStore();
    for (const text of ['1.0.0-rc', '1.1.0', '1.2.0', '1.3.0'])
      await publishFile(await bundle(text), options(letters));
    expect(await archived(letters)).toContain('1.0.0-rc');
    const shouted = await bundle('1.0.0-RC');
    expect((await refusal(() => publishFile(shouted, options(letters)))).code).toBe('release-exists');
    expect((await publishFile(await bundle('1.0.0-rd'), options(letters))).changed).toBe(true);
  });

  it('keeps its counters: no later release goes below one that is archived', async () => {
    const store = new WritableStore();
    await publishFile(await bundle('1.0.0', { counter: 1 }), options(store));
    await publishFile(await bundle('1.1.0', { counter: 9 }), options(store));
    for (const text of ['1.2.0', '1.3.0', '1.4.0'])
      await publishFile(
        await bundle(text, { counter: 9 }),
        options(store, { keep: { releases: 1, versions: [] } }),
      );
    expect(await live(store)).toEqual(['1.4.0']);
    const low = await bundle('1.5.0', { counter: 8 });
    const error = await refusal(() => publishFile(low, options(store)));
    expect(error).toMatchObject({ code: 'counter-lower', exitCode: 3 });
    expect((await openPastReleases(store, trust, PRODUCT)).archive.counters.get(name('radio'))).toEqual({
      counter: 9,
      release: '1.1.0',
    });
    expect((await publishFile(await bundle('1.5.0', { counter: 9 }), options(store))).changed).toBe(true);
  });

  it('comes back when it is published again, in its old place of the order', async () => {
    const store = await history(5);
    const path = await bundle('1.0.0');
    expect((await refusal(() => publishFile(path, options(store)))).code).toBe('channel-back');
    const report = await publishFile(path, options(store, { rollback: true }));
    expect(report).toMatchObject({ version: '1.0.0', channelFrom: '1.4.0', changed: true });
    // Its files are all there; what is sent is the archive without it, and a delta that leads back to it.
    const sent = report.targets.filter(({ status }) => status === 'uploaded').map((target) => target.path);
    expect(sent).toEqual([
      expect.stringMatching(/^gateway\/1\.0\.0\/radio\.from\./),
      'gateway/archive/page.json',
      'gateway/archive/releases.json',
    ]);
    expect(await live(store)).toEqual(['1.4.0', '1.0.0']);
    expect(await archived(store)).toEqual(['1.3.0', '1.2.0', '1.1.0']);
    expect((await update(folder.at('device'), store, trust)).to).toBe('1.0.0');
    await publishFile(await bundle('1.5.0'), options(store));
    expect(await archived(store)).toEqual(['1.3.0', '1.2.0', '1.1.0', '1.0.0']);
  });
});

describe('the past', () => {
  const past = (store: WritableStore, by = trust) => openPastReleases(store, by, PRODUCT);

  it('gives the bundle that was published, byte for byte', async () => {
    const store = new WritableStore();
    const first = await bundle('1.0.0', { notes: 'The first.', time: 1_600_000_000 });
    await publishFile(first, options(store));
    for (const text of ['1.1.0', '1.2.0']) await publishFile(await bundle(text), options(store));
    for (const [text, file] of [
      ['1.0.0', first],
      ['1.2.0', await bundle('1.2.0')],
    ] as const) {
      const releases = await past(store);
      const verified = await verifyPastRelease(
        releases,
        await findPastRelease(releases, version(text)),
        silent,
      );
      expect(verified.signed).toEqual([RELEASE.publicKey.keyid]);
      const path = folder.at(`${text}.ota`);
      mkdirSync(folder.path, { recursive: true });
      await writeStreamAtomic(path, bundleOf(verified));
      expect(sha256(readFileSync(path))).toBe(sha256(readFileSync(file)));
    }
    const missing = version('9.9.9');
    const error = await refusal(async () => findPastRelease(await past(store), missing));
    expect(error.code).toBe('target-missing');
  });

  it('verifies by keys that were replaced since, years after all has expired, and by no others', async () => {
    const store = await history(4);
    const [alice, bob] = [signerNamed('alice'), signerNamed('bob')];
    const once = await rotate(trust, {
      root: { signers: [alice] },
      targets: { signers: [alice] },
      gateway: { signers: [bob] },
      by: [RELEASE, alice],
    });
    const next = await bundle('1.4.0', { signers: [bob] });
    await publishFile(next, options(store, { trust: once, signers: [bob, ONLINE] }));
    const releases = await past(store, once);
    const found = await findPastRelease(releases, version('1.0.0'));
    const verified = await verifyPastRelease(releases, found, silent);
    expect(verified).toMatchObject({ signed: [RELEASE.publicKey.keyid], targets: 1 });
    const newest = await verifyPastRelease(
      releases,
      await findPastRelease(releases, version('1.4.0')),
      silent,
    );
    expect(newest).toMatchObject({ signed: [bob.publicKey.keyid], targets: 2 });
    expect(await readWhole(verified)).toBe(BASE.length);

    // Targets that no root of the chain vouches for name no keys.
    const forged = await rotate(await makeTrust(signerNamed('eve'), ONLINE), { by: [signerNamed('eve')] });
    store.objects.set('metadata/1.targets.json', forged.targetsBytes);
    const again = await past(store, once);
    expect(await refusal(() => verifyPastRelease(again, found, silent))).toMatchObject({
      code: 'threshold-unmet',
    });
  });

  it('finds damage: of a page, a manifest, signatures, a payload', async () => {
    const store = await history(4);
    const damaged = async (pattern: RegExp) => {
      const copy = store.copy();
      const [key = ''] = copy.keys('targets/').filter((item) => pattern.test(item));
      copy.objects.set(key, Uint8Array.from(copy.objects.get(key) ?? []).reverse());
      return refusal(async () => {
        const releases = await past(copy);
        const [release] = (await archivedReleases(releases)).filter((item) => item.version === '1.0.0');
        if (!release) throw new Error('not archived');
        await readWhole(await verifyPastRelease(releases, release, silent));
      });
    };
    for (const pattern of [
      /1\.0\.0\/.*manifest\.json$/,
      /1\.0\.0\/.*signatures\.json$/,
      /1\.0\.0\/.*radio$/,
    ]) {
      expect(await damaged(pattern)).toMatchObject({ code: 'digest-mismatch', exitCode: 4 });
    }
    const honest = await past(store);
    for (const release of await archivedReleases(honest)) {
      await readWhole(await verifyPastRelease(honest, release, silent));
    }
  });
});
