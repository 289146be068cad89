import { beforeAll, describe, expect, it, vi } from 'vitest';
import { verifyManifestSignatures } from '../../../src/bundle/signatures.ts';
import { silent } from '../../../src/core/progress.ts';
import { DAY } from '../../../src/core/time.ts';
import {
  archivedReleases,
  openPastReleases,
  readWhole,
  verifyPastRelease,
} from '../../../src/publish/past-releases.ts';
import { refreshRepository } from '../../../src/publish/refresh.ts';
import type { StageReport } from '../../../src/publish/stage.ts';
import { parseTargets } from '../../../src/repository/parse-targets.ts';
import { encodeRequest } from '../../../src/requests/encode.ts';
import { parseRequest } from '../../../src/requests/parse.ts';
import type { SigningResponse } from '../../../src/requests/response.ts';
import { refusal } from '../../support/client.ts';
import { freshFolder, sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import { makeBundle, noise, PRODUCT, patched, update } from '../../support/release.ts';
import { ONLINE_KEY, RELEASE_OFFICERS, role, rootDocument } from '../../support/requests.ts';
import { timestampVersion } from '../../support/scenario.ts';
import { complete, officersTrust, respond, stageFile } from '../../support/staged.ts';
import { tufJsAccepts } from '../../support/tuf-js.ts';
import { type Fate, WritableStore } from '../../support/writable-store.ts';

vi.mock('../../../src/keys/ed25519.ts', async (original) => {
  const { memoized } = await import('../../support/memoized.ts');
  return memoized(await original());
});

const bundles = sharedFolder();
const folder = freshFolder();
const trust = await officersTrust();
const [ADA, BEN, CLEO] = RELEASE_OFFICERS;
const RADIO = noise(1, 3000);
const paths = new Map<string, string>();

beforeAll(async () => {
  for (const [version, image] of [
    ['1.0.0', RADIO],
    ['1.1.0', patched(RADIO, 1)],
    ['1.2.0', patched(RADIO, 2)],
  ] as const) {
    // Nobody signs the bundle itself.
    paths.set(version, await makeBundle(bundles, { version, signers: [], components: { radio: { image } } }));
  }
});

const stage = (
  version: string,
  store: WritableStore,
  options: Parameters<typeof stageFile>[1] | object = {},
) => stageFile(paths.get(version) ?? '', { store, trust, scratch: folder.at('scratch'), ...options });
const responses = (staged: StageReport, ...signers: readonly (typeof ADA)[]): Promise<SigningResponse[]> =>
  Promise.all(signers.map((signer) => respond(staged, trust, signer)));

async function publishStaged(version: string, store: WritableStore): Promise<StageReport> {
  const staged = await stage(version, store);
  await complete(staged, await responses(staged, ADA, BEN), { store, trust });
  return staged;
}

describe('staging', () => {
  it('uploads files, writes no role, and asks officers for the role and the manifest', async () => {
    const store = new WritableStore();
    const { request, review } = await stage('1.0.0', store);
    expect(store.keys('metadata/')).toEqual([]);
    expect(store.keys('targets/gateway/1.0.0/')).toHaveLength(2);
    const read = parseRequest(request.bytes);
    expect(read.documents.map((item) => (item.type === 'role' ? item.role : item.type))).toEqual([
      'gateway',
      'manifest',
    ]);
    expect(read.channel).toBe('stable');
    expect(review.title).toBe('gateway 1.0.0');
  });

  it('gives the same bytes again', async () => {
    const store = new WritableStore();
    const first = await stage('1.0.0', store);
    const again = await stage('1.0.0', store);
    expect(again.request).toEqual(first.request);
    expect(again.statuses.every((status) => status === 'present')).toBe(true);
  });

  it('asks whoever holds the key of the channels too, when it is not at hand', async () => {
    const store = new WritableStore();
    const staged = await stage('1.0.0', store, { atHand: new Set<string>() });
    const read = parseRequest(staged.request.bytes);
    expect(read.channel).toBeUndefined();
    expect([...read.files.keys()]).toEqual(['gateway/channels/stable.json']);
    const given = await responses(staged, ADA, CLEO, ONLINE_KEY);
    expect((await complete(staged, given, { store, trust })).changed).toBe(true);
    expect((await update(folder.at('device'), store, trust)).to).toBe('1.0.0');
  });

  it('has nothing to ask for a release that is published', async () => {
    const store = new WritableStore();
    await publishStaged('1.0.0', store);
    expect((await refusal(() => stage('1.0.0', store))).code).toBe('release-exists');
  });
});

describe('publishing what officers signed', () => {
  it('says who is missing, asks for no key and writes nothing, until there are enough', async () => {
    const store = new WritableStore();
    const staged = await stage('1.0.0', store);
    const before = store.keys();
    for (const given of [[], await responses(staged, ADA), await responses(staged, ADA, ADA)]) {
      const error = await refusal(() => complete(staged, given, { store, trust }));
      expect([error.code, error.exitCode]).toEqual(['signatures-missing', 5]);
      expect(error.faults).toHaveLength(2);
      expect(error.faults[0]?.message).toContain(CLEO.publicKey.keyid.slice(0, 16));
    }
    expect(store.keys()).toEqual(before);
  });

  it('archives what leaves the role, with the signatures that officers gave', async () => {
    const store = new WritableStore();
    const keep = { keep: { releases: 1, versions: [] }, deltasFrom: 1 };
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) {
      const staged = await stage(version, store, keep);
      expect(staged.review.changes.filter(({ warning }) => warning !== undefined)).toEqual([]);
      await complete(staged, await responses(staged, ADA, BEN), { store, trust });
    }
    const past = await openPastReleases(store, trust, PRODUCT);
    const archived = await archivedReleases(past);
    expect(archived.map(({ version }) => version)).toEqual(['1.1.0', '1.0.0']);
    for (const release of [...archived, ...past.live]) {
      const verified = await verifyPastRelease(past, release, silent);
      expect(verified.signed).toHaveLength(2);
      expect(await readWhole(verified)).toBe(RADIO.length);
    }
    expect(past.live.map(({ version }) => version)).toEqual(['1.2.0']);
    await tufJsAccepts(store, trust.roots[0] as Uint8Array, NOW);
  });

  it('publishes, a device takes it, tuf-js too, and once more there is nothing to do', async () => {
    const store = new WritableStore();
    const staged = await stage('1.0.0', store);
    const report = await complete(staged, await responses(staged, CLEO, ADA, CLEO), { store, trust });
    expect(report).toMatchObject({ title: 'gateway 1.0.0', channel: 'stable', changed: true });
    expect(report.roles.map((item) => item.role)).toEqual([
      'root',
      'gateway.channels',
      'gateway',
      'targets',
      'snapshot',
      'timestamp',
    ]);
    expect((await update(folder.at('device'), store, trust)).to).toBe('1.0.0');
    await tufJsAccepts(store, trust.roots[0] ?? new Uint8Array(), NOW);
    const objects = new Map(store.objects);
    const again = await complete(staged, await responses(staged, ADA, BEN, CLEO), { store, trust });
    expect(again.changed).toBe(false);
    expect(store.objects).toEqual(objects);
  });

  it('counts a key at hand like any other', async () => {
    const store = new WritableStore();
    const staged = await stage('1.0.0', store);
    const signers = [BEN, ONLINE_KEY];
    expect((await complete(staged, await responses(staged, ADA), { store, trust, signers })).changed).toBe(
      true,
    );
  });

  it('keeps the signatures of the manifest, and the next role lists them', async () => {
    const store = new WritableStore();
    const { review } = await publishStaged('1.0.0', store);
    const sha256 = review.documents[1]?.release?.sha256 ?? '';
    const region = store.objects.get(`targets/gateway/1.0.0/${sha256}.signatures.json`) ?? new Uint8Array();
    const manifest = store.objects.get(`targets/gateway/1.0.0/${sha256}.manifest.json`) ?? new Uint8Array();
    const keys = new Map(RELEASE_OFFICERS.map(({ publicKey }) => [publicKey.keyid, publicKey]));
    expect(verifyManifestSignatures(manifest, region, keys, 2).signed).toHaveLength(2);
    const listed = (version: number) =>
      parseTargets(
        store.objects.get(`metadata/${version}.gateway.json`) ?? new Uint8Array(),
        'gateway',
      ).signed.targets.has('gateway/1.0.0/signatures.json');
    expect(listed(1)).toBe(false);
    await publishStaged('1.1.0', store);
    expect(listed(2)).toBe(true);
    await tufJsAccepts(store, trust.roots[0] ?? new Uint8Array(), NOW);
  });

  it('makes deltas while staging, and a device takes them', async () => {
    const store = new WritableStore();
    await publishStaged('1.0.0', store);
    await update(folder.at('device'), store, trust);
    const { review } = await publishStaged('1.1.0', store);
    expect(review.documents[1]?.release?.deltas).toMatchObject([{ component: 'radio', from: '1.0.0' }]);
    const { components } = await update(folder.at('device'), store, trust);
    expect(components.map(({ action }) => action)).toEqual(['delta']);
  });
});

it('officers are shown what the archive would hold, and that a release leaves the list', async () => {
  const store = new WritableStore();
  await publishStaged('1.0.0', store);
  const staged = await stage('1.1.0', store, { deltasFrom: 1, keep: { releases: 1, versions: [] } });
  const changes = staged.review.documents[0]?.changes ?? [];
  expect(changes).toContainEqual({ what: 'release-removed', subject: 'gateway 1.0.0' });
  expect(changes.find(({ what }) => what === 'archive')?.to).toContain('radio 1 (1.0.0)');
  await complete(staged, await responses(staged, ADA, CLEO), { store, trust });
  await tufJsAccepts(store, trust.roots[0] ?? new Uint8Array(), NOW);
});

describe('when the repository moved on', () => {
  /** Lets somebody else do something whole just before the timestamp is replaced. */
  const overtake = (store: WritableStore, other: () => Promise<unknown>) => {
    store.fate = async (_, kind): Promise<Fate> => {
      if (kind !== 'replace') return 'do';
      store.fate = () => 'do';
      await other();
      return 'do';
    };
  };

  it('while it was completed, goes on by itself on top of what officers need not sign', async () => {
    const store = new WritableStore();
    await publishStaged('1.0.0', store);
    const staged = await stage('1.1.0', store);
    const given = await responses(staged, ADA, BEN);
    overtake(store, () =>
      refreshRepository({
        store,
        trust,
        atHand: new Set([ONLINE_KEY.publicKey.keyid]),
        unlock: async () => [ONLINE_KEY],
        force: false,
        now: NOW + 20 * DAY,
        progress: silent,
      }),
    );
    expect(await complete(staged, given, { store, trust, now: NOW + 20 * DAY })).toMatchObject({
      changed: true,
    });
    expect(timestampVersion(store)).toBe(3);
    expect((await update(folder.at('device'), store, trust)).to).toBe('1.1.0');
    await tufJsAccepts(store, trust.roots[0] ?? new Uint8Array(), NOW);
  });

  it('while it was completed, by another release, says what to do', async () => {
    const store = new WritableStore();
    await publishStaged('1.0.0', store);
    const staged = await stage('1.1.0', store);
    const given = await responses(staged, ADA, BEN);
    overtake(store, () => publishStaged('1.2.0', store));
    const error = await refusal(() => complete(staged, given, { store, trust }));
    expect([error.code, error.exitCode]).toEqual(['request-stale', 6]);
    expect(error.hint).toContain('stage it again (the same command with --stage)');
    expect((await update(folder.at('device'), store, trust)).to).toBe('1.2.0');
  });

  it('says so, loses nothing, and the release can be staged again', async () => {
    const store = new WritableStore();
    await publishStaged('1.0.0', store);
    const staged = await stage('1.1.0', store);
    const given = await responses(staged, ADA, BEN);
    await publishStaged('1.2.0', store);
    const objects = new Map(store.objects);
    const error = await refusal(() => complete(staged, given, { store, trust }));
    expect([error.code, error.exitCode]).toEqual(['request-stale', 6]);
    expect(error.message).toContain('gateway changed');
    expect(store.objects).toEqual(objects);
    await publishStaged('1.1.0', store);
    expect((await update(folder.at('device'), store, trust)).to).toBe('1.1.0');
  });

  it('misses a file that is gone from the store before anything is written', async () => {
    const store = new WritableStore();
    const staged = await stage('1.0.0', store);
    const payload = store.keys('targets/gateway/1.0.0/').find((key) => key.endsWith('.radio')) ?? '';
    store.objects.delete(payload);
    const error = await refusal(async () =>
      complete(staged, await responses(staged, ADA, BEN), { store, trust }),
    );
    expect(error.code).toBe('request-stale');
    expect(store.keys('metadata/')).toEqual([]);
  });

  it('completes after a cut at any write, with other officers than before', async () => {
    const base = new WritableStore();
    await publishStaged('1.0.0', base);
    const staged = await stage('1.1.0', base);
    const [ada, ben, cleo] = await responses(staged, ADA, BEN, CLEO);
    if (!ada || !ben || !cleo) throw new Error('three officers respond');
    for (let cut = 1; ; cut += 1) {
      const store = base.copy();
      let writes = 0;
      store.fate = (_, request) => {
        if (request !== 'create' && request !== 'replace') return 'do';
        writes += 1;
        return writes === cut ? 'lose' : 'do';
      };
      const first = await complete(staged, [ada, ben], { store, trust }).catch((error: unknown) => error);
      store.fate = () => 'do';
      await complete(staged, [cleo, ada, ben], { store, trust });
      await tufJsAccepts(store, trust.roots[0] ?? new Uint8Array(), NOW);
      if (!(first instanceof Error)) {
        expect(cut).toBeGreaterThan(6);
        break;
      }
    }
  });
});

it('a change of keys is not published as a release', async () => {
  const store = new WritableStore();
  const staged = await publishStaged('1.0.0', store);
  const read = parseRequest(staged.request.bytes);
  const request = encodeRequest({ ...read, documents: [role('root', rootDocument(2))] });
  const error = await refusal(() => complete({ ...staged, request }, [], { store, trust }));
  expect(error.code).toBe('request-invalid');
});
