import { beforeAll, describe, expect, test } from 'vitest';
import { seal } from '../../../src/core/digest.ts';
import { silent } from '../../../src/core/progress.ts';
import { signaturesKey } from '../../../src/publish/signature-files.ts';
import { verifyRepository } from '../../../src/verify/repository.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { fileObject, NOW } from '../../support/forge.ts';
import { ONLINE, PRODUCT, RELEASE, version } from '../../support/release.ts';
import { resignProduct } from '../../support/resign.ts';
import { makeScenario, type Scenario } from '../../support/scenario.ts';
import type { WritableStore } from '../../support/writable-store.ts';

let scenario: Scenario;
let published: WritableStore;

/** 1.2.0 is live; 1.0.0 and 1.1.0 are archived. */
beforeAll(async () => {
  scenario = await makeScenario(await temporaryFolder());
  published = scenario.store.copy();
  const keep = { releases: 1, versions: [] };
  await scenario.publish('1.1.0', published, { keep, deltasFrom: 1 });
  await scenario.publish('1.2.0', published, { keep, deltasFrom: 1 });
});

const verify = (store: WritableStore, quick = false) =>
  verifyRepository({
    store,
    rootBytes: scenario.trust.roots[0] as Uint8Array,
    now: NOW,
    quick,
    progress: silent,
  });
const keyOf = (...parts: readonly string[]): string => {
  const found = published.keys().filter((key) => parts.every((part) => key.includes(part)));
  expect(found).toHaveLength(1);
  return found[0] ?? '';
};
const faultsOf = async (store: WritableStore, quick = false) =>
  (await verify(store, quick)).faults.map(({ code, where }) => `${code} ${where}`);

function flipped(store: WritableStore, key: string): WritableStore {
  const bytes = Uint8Array.from(store.objects.get(key) ?? []);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  store.objects.set(key, bytes);
  return store;
}

describe('archived releases', () => {
  test('are verified by their own manifests and signatures, and nothing of them counts as not referenced', async () => {
    const report = await verify(published.copy());
    expect(report).toMatchObject({ sound: true, counts: { releases: 1, archived: 2 } });
    const archived = report.releases.filter(({ archived: is }) => is);
    expect(archived.map(({ version: at, signed }) => [at, signed.length])).toEqual([
      ['1.0.0', 1],
      ['1.1.0', 1],
    ]);
    expect(report.counts.bytesRead).toBe(report.counts.bytes);
    const strays = report.unreferenced?.others.map(({ key }) => key) ?? [];
    expect(
      strays.filter((key) => /\/(?:radio|boot|manifest\.json|signatures\.json|releases\.json)$/.test(key)),
    ).toEqual([]);
    expect(await verify(published.copy(), true)).toMatchObject({ sound: true });
  });

  test.each([
    ['a payload', ['/1.0.0/', '.boot']],
    ['a manifest', ['/1.0.0/', '.manifest.json']],
    ['signatures', ['/1.1.0/', '.signatures.json']],
  ])('%s of one that is changed is found', async (_, parts) => {
    const key = keyOf(...parts);
    expect(await faultsOf(flipped(published.copy(), key))).toEqual([`digest-mismatch ${key}`]);
  });

  test('a payload of one that is missing is found by a quick look too', async () => {
    const store = published.copy();
    const key = keyOf('/1.0.0/', '.boot');
    store.objects.delete(key);
    expect(await faultsOf(store, true)).toEqual([`target-missing ${key}`]);
  });

  test('a page that is missing is found', async () => {
    const store = published.copy();
    const pages = (await verify(store)).counts;
    const listed =
      store.requests
        .filter((request) => /page\.json$/.test(request))
        .at(-1)
        ?.split(' ')[1] ?? '';
    store.objects.delete(listed);
    const report = await verify(store);
    expect(report.faults.map(({ code, where }) => `${code} ${where}`)).toEqual([`target-missing ${listed}`]);
    expect(report.counts.archived).toBeLessThan(pages.archived);
  });

  test('an index with a lower counter than an archived release had is found', async () => {
    const store = published.copy();
    const path = 'gateway/archive/releases.json';
    const role = JSON.parse(Buffer.from(store.objects.get('metadata/3.gateway.json') ?? []).toString());
    const { sha256 } = role.signed.targets[path].hashes;
    const index = Buffer.from(
      store.objects.get(`targets/gateway/archive/${sha256}.releases.json`) ?? [],
    ).toString();
    const lowered = Buffer.from(index.replace('"counter": 1', '"counter": 0'));
    expect(lowered.toString()).not.toBe(index);
    store.objects.set(`targets/gateway/archive/${seal(lowered).sha256}.releases.json`, lowered);
    await resignProduct(store, { release: RELEASE, online: ONLINE }, [
      ['targets', path],
      fileObject(lowered),
    ]);
    expect(await faultsOf(store)).toEqual([`release-inconsistent ${path}`]);
  });
});

describe('signatures that no role lists yet', () => {
  /** As when the role and the manifest were signed in one go: the signatures stand under the manifest's digest. */
  async function unlisted(): Promise<{ readonly store: WritableStore; readonly key: string }> {
    const store = published.copy();
    const path = 'gateway/1.2.0/signatures.json';
    const listed = keyOf('/1.2.0/', '.signatures.json');
    const manifestSha256 = /\/([0-9a-f]{64})\./.exec(keyOf('/1.2.0/', '.manifest.json'))?.[1] ?? '';
    const key = signaturesKey({ product: PRODUCT, version: version('1.2.0'), manifestSha256 });
    store.objects.set(key, store.objects.get(listed) ?? new Uint8Array());
    store.objects.delete(listed);
    await resignProduct(store, { release: RELEASE, online: ONLINE }, [['targets', path], undefined]);
    return { store, key };
  }

  test('are found by the manifest', async () => {
    const { store, key } = await unlisted();
    const report = await verify(store);
    expect(report).toMatchObject({ sound: true, faults: [] });
    expect(report.releases[0]).toMatchObject({ version: '1.2.0', signed: [RELEASE.publicKey.keyid] });
    expect(report.unreferenced?.others.map((object) => object.key)).not.toContain(key);
  });

  test('are missed where they are not there, and refused where they are those of another manifest', async () => {
    const { store, key } = await unlisted();
    store.objects.delete(key);
    expect(await faultsOf(store)).toEqual([`target-missing ${key}`]);
    store.objects.set(key, published.objects.get(keyOf('/1.1.0/', '.signatures.json')) ?? new Uint8Array());
    expect(await faultsOf(store)).toEqual(['signature-invalid gateway/1.2.0/signatures.json']);
  });
});
