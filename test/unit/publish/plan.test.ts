import { mkdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { withOpenBundle } from '../../../src/bundle/files.ts';
import type { OpenBundle } from '../../../src/bundle/open.ts';
import { toHex } from '../../../src/core/bytes.ts';
import { canonicalJson } from '../../../src/core/json/canonical.ts';
import { silent } from '../../../src/core/progress.ts';
import type { Signer } from '../../../src/keys/signer.ts';
import { applyPlan } from '../../../src/publish/apply.ts';
import { type PlanOptions, planPublish } from '../../../src/publish/make-plan.ts';
import type { PublishPlan } from '../../../src/publish/plan.ts';
import { planReport } from '../../../src/publish/plan-report.ts';
import { keyring, signWith } from '../../../src/publish/signers.ts';
import { buildTargets, signRole } from '../../../src/repository/build.ts';
import type { Signature } from '../../../src/repository/model.ts';
import { parseTargets } from '../../../src/repository/parse-targets.ts';
import type { Trust } from '../../../src/repository/trust.ts';
import { refusal } from '../../support/client.ts';
import { freshFolder, sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import {
  KEEP,
  makeBundle,
  makeTrust,
  noise,
  ONLINE,
  PRODUCT,
  patched,
  publishFile,
  RELEASE,
  STABLE,
  seeded,
  update,
} from '../../support/release.ts';
import { WritableStore } from '../../support/writable-store.ts';

const SECOND = seeded(7);
const bundles = sharedFolder();
const folder = freshFolder();
const image = noise(1, 2000);
let trust: Trust;
let paths: readonly string[];

/** A trust whose product needs two of two release keys. */
async function twoKeys(): Promise<Trust> {
  const { roots, targetsBytes } = await makeTrust();
  const { signed } = parseTargets(targetsBytes, 'targets');
  const [role] = signed.delegations?.roles ?? [];
  if (!role) throw new Error('no delegation');
  const keys = [RELEASE.publicKey, SECOND.publicKey];
  const targets = buildTargets({
    ...signed,
    delegations: {
      keys: new Map(keys.map((key) => [key.keyid, key])),
      roles: [{ ...role, keyids: keys.map(({ keyid }) => keyid), threshold: 2 }],
    },
  });
  return { roots, targetsBytes: (await signRole(targets, [RELEASE])).bytes };
}

beforeAll(async () => {
  trust = await twoKeys();
  paths = await Promise.all(
    ['1.0.0', '1.1.0'].map((version, index) =>
      makeBundle(bundles, {
        version,
        components: { radio: { image: patched(image, index) } },
        notes: 'what is new',
        signers: [RELEASE, SECOND],
      }),
    ),
  );
});

const keyids = (...signers: readonly Signer[]) => new Set(signers.map(({ publicKey }) => publicKey.keyid));

/** Plans the publication of a bundle and gives it to a test while the bundle is open. */
async function planned<T>(
  store: WritableStore,
  release: number,
  work: (plan: PublishPlan, bundle: OpenBundle) => Promise<T>,
  options: Partial<PlanOptions> = {},
): Promise<T> {
  const scratch = folder.at(`scratch-${release}`);
  mkdirSync(scratch, { recursive: true });
  return withOpenBundle(paths[release] ?? '', async (bundle) => {
    const plan = await planPublish({
      bundle,
      store,
      trust,
      atHand: keyids(RELEASE, SECOND, ONLINE),
      channel: STABLE,
      deltasFrom: 3,
      keep: KEEP,
      scratch,
      now: NOW,
      progress: silent,
      ...options,
    });
    return work(plan, bundle);
  });
}

/** Signatures of a plan's documents, by role, as those who hold these keys would make them elsewhere. */
async function signedElsewhere(plan: PublishPlan, ...signers: readonly Signer[]) {
  const given = new Map<string, readonly Signature[]>();
  for (const { role, message } of plan.roles?.documents ?? []) {
    if (role !== PRODUCT) continue;
    const signatures = signers.map(async (signer) => ({
      keyid: signer.publicKey.keyid,
      sig: toHex(await signer.sign(message)),
    }));
    given.set(role, await Promise.all(signatures));
  }
  return given;
}

const stateOf = (store: WritableStore) =>
  new Map([...store.objects].map(([key, bytes]) => [key, toHex(bytes)]));
const first = async () => {
  const store = new WritableStore();
  await publishFile(paths[0] ?? '', {
    store,
    trust,
    signers: [RELEASE, SECOND, ONLINE],
    scratch: folder.at('scratch-first'),
  });
  return store;
};

describe('planPublish', () => {
  it('writes nothing, and gives the same plan for the same state', async () => {
    const store = await first();
    store.requests.length = 0;
    const plans = [
      await planned(store, 1, async (plan) => plan),
      await planned(store, 1, async (plan) => plan),
    ];
    expect(plans[0]).toEqual(plans[1]);
    expect(store.requests.filter((request) => /^(?:create|replace)/.test(request))).toEqual([]);
    expect(plans[0]?.uploads.map(({ path, action }) => [path, action])).toEqual(
      [
        'gateway/1.1.0/radio',
        'gateway/1.1.0/extra_notes.md',
        'gateway/1.1.0/signatures.json',
        'gateway/1.1.0/manifest.json',
        expect.stringMatching(/^gateway\/1\.1\.0\/radio\.from\./),
        'gateway/channels/stable.json',
      ].map((path) => [path, 'upload']),
    );
  });

  it('holds the complete documents that officers sign, and the exact bytes', async () => {
    const store = await first();
    await planned(store, 1, async ({ roles }) => {
      expect(roles?.documents.map(({ role, version, replaces }) => [role, version, replaces])).toEqual([
        ['gateway.channels', 2, 1],
        ['gateway', 2, 1],
      ]);
      for (const { document, message, version } of roles?.documents ?? []) {
        expect(message).toEqual(canonicalJson(document));
        expect(document).toMatchObject({ _type: 'targets', version });
      }
      expect(roles?.documents[1]?.document.targets).toHaveProperty('gateway/1.1.0/manifest.json');
      expect(roles?.documents[1]?.keys.threshold).toBe(2);
    });
  });

  it('finds what an interrupted run has sent', async () => {
    const store = await first();
    const whole = store.copy();
    await publishFile(paths[1] ?? '', {
      store: whole,
      trust,
      signers: [RELEASE, SECOND, ONLINE],
      scratch: folder.at('scratch-whole'),
    });
    const [key = ''] = whole.keys('targets/gateway/1.1.0/');
    store.objects.set(key, whole.objects.get(key) ?? new Uint8Array());
    await planned(store, 1, async (plan) => {
      expect(plan.uploads.filter(({ action }) => action === 'present').map((item) => item.key)).toEqual([
        key,
      ]);
      const report = planReport(plan, keyids(ONLINE));
      expect(report).toMatchObject({ dryRun: true, changed: true, replaces: 'metadata/timestamp.json' });
      expect(report.presentBytes + report.uploadBytes).toBe(
        plan.uploads.reduce((sum, { length }) => sum + length, 0),
      );
      expect(report.roles.map(({ role, missing }) => [role, missing])).toEqual([
        ['gateway.channels', 0],
        ['gateway', 2],
        ['snapshot', 0],
        ['timestamp', 0],
      ]);
      expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    });
  });

  it('refuses for missing keys unless signatures are to come', async () => {
    const store = await first();
    const online = { atHand: keyids(ONLINE) };
    expect(await refusal(() => planned(store, 1, async () => {}, online))).toMatchObject({
      code: 'signatures-missing',
      faults: [{ where: 'gateway' }],
    });
    await planned(store, 1, async (plan) => expect(plan.roles).toBeDefined(), {
      ...online,
      awaitsSignatures: true,
    });
  });

  it('has nothing to sign when all of it is published', async () => {
    const store = await first();
    await planned(store, 0, async (plan) => {
      expect(plan).not.toHaveProperty('roles');
      expect(planReport(plan, keyids())).toMatchObject({ changed: false, uploads: [], roles: [] });
    });
  });
});

describe('applyPlan', () => {
  it('with signatures from elsewhere leaves what a publish with all keys leaves', async () => {
    const store = await first();
    const beside = store.copy();
    await planned(store, 1, async (plan, bundle) => {
      const given = await signedElsewhere(plan, SECOND, RELEASE);
      const sign = signWith(keyring([ONLINE]), given);
      const { roles, statuses } = await applyPlan({ plan, bundle, store, sign, progress: silent });
      expect(roles.map(({ role }) => role)).toEqual(['gateway.channels', 'gateway', 'snapshot', 'timestamp']);
      expect(new Set(statuses)).toEqual(new Set(['uploaded']));
    });
    await publishFile(paths[1] ?? '', {
      store: beside,
      trust,
      signers: [RELEASE, SECOND, ONLINE],
      scratch: folder.at('scratch-beside'),
    });
    expect(stateOf(store)).toEqual(stateOf(beside));
    expect((await update(folder.at('device'), store, trust)).to).toBe('1.1.0');
  });

  it('counts one key at hand and one from elsewhere, and each of them once', async () => {
    const store = await first();
    await planned(store, 1, async (plan, bundle) => {
      const given = await signedElsewhere(plan, RELEASE);
      const apply = (...signers: readonly Signer[]) =>
        applyPlan({ plan, bundle, store, sign: signWith(keyring(signers), given), progress: silent });
      const before = stateOf(store);
      expect(await refusal(() => apply(ONLINE, RELEASE))).toMatchObject({
        code: 'signatures-missing',
        exitCode: 5,
        faults: [{ where: 'gateway', message: expect.stringContaining('has 1 of 2 signatures') }],
      });
      expect(stateOf(store)).toEqual(before);
      await apply(ONLINE, SECOND);
    });
    expect((await update(folder.at('device'), store, trust)).to).toBe('1.1.0');
  });

  it.each([
    [
      'of another document',
      (plan: PublishPlan) => plan.roles?.documents[0]?.message ?? new Uint8Array(),
      SECOND,
    ],
    [
      'by a key of another role',
      (plan: PublishPlan) => plan.roles?.documents[1]?.message ?? new Uint8Array(),
      ONLINE,
    ],
  ])('refuses a signature %s before anything is written', async (_, message, signer) => {
    const store = await first();
    await planned(store, 1, async (plan, bundle) => {
      const before = stateOf(store);
      const sig = toHex(await signer.sign(message(plan)));
      const given = new Map([['gateway', [{ keyid: signer.publicKey.keyid, sig }]]]);
      const sign = signWith(keyring([RELEASE, SECOND, ONLINE]), given);
      const error = await refusal(() => applyPlan({ plan, bundle, store, sign, progress: silent }));
      expect(error).toMatchObject({ code: 'signature-invalid', where: 'gateway', exitCode: 4 });
      expect(stateOf(store)).toEqual(before);
    });
  });

  it('of a store that has changed meanwhile loses, and changes nothing that devices see', async () => {
    const store = await first();
    await planned(store, 1, async (plan, bundle) => {
      await publishFile(paths[0] ?? '', {
        store,
        trust,
        signers: [ONLINE],
        now: NOW + 20 * 86_400,
        scratch: folder.at('scratch-other'),
      });
      const timestamp = store.objects.get('metadata/timestamp.json');
      const sign = signWith(keyring([RELEASE, SECOND, ONLINE]));
      const error = await refusal(() => applyPlan({ plan, bundle, store, sign, progress: silent }));
      expect(error.code).toBe('store-conflict');
      expect(store.objects.get('metadata/timestamp.json')).toBe(timestamp);
    });
  });
});
