import { beforeAll, describe, expect, it } from 'vitest';
import {
  addKey,
  markLost,
  removeKey,
  replaceKey,
  rolesWith,
  setExpiry,
  setThreshold,
} from '../../../../src/ceremony/edit.ts';
import type { Proposal } from '../../../../src/ceremony/model.ts';
import { DAY } from '../../../../src/core/time.ts';
import type { Signer } from '../../../../src/keys/signer.ts';
import { publishRotation } from '../../../../src/publish/rotation/publish.ts';
import { verifyTrust } from '../../../../src/repository/trust.ts';
import { holdCeremony, proposed, responsesTo } from '../../../support/ceremony.ts';
import { refusal } from '../../../support/client.ts';
import { sharedFolder } from '../../../support/folder.ts';
import { NOW } from '../../../support/forge.ts';
import { makeTrust, ONLINE, RELEASE } from '../../../support/release.ts';
import { makeScenario, type Scenario, timestampVersion } from '../../../support/scenario.ts';
import { signerNamed } from '../../../support/signers.ts';
import { type Fate, WritableStore } from '../../../support/writable-store.ts';

const folder = sharedFolder();
const [ALICE, BOB, CAROL, NIGHT] = ['alice', 'bob', 'carol', 'night'].map(signerNamed) as [
  Signer,
  Signer,
  Signer,
  Signer,
];
const keyidOf = (signer: Signer) => signer.publicKey.keyid;
const replaceEverywhere = (proposal: Proposal, old: Signer, by: Signer) =>
  rolesWith(proposal, keyidOf(old)).reduce(
    (all, name) => replaceKey(all, name, keyidOf(old), by.publicKey),
    proposal,
  );
const twoOfThree = (proposal: Proposal) =>
  setThreshold(addKey(addKey(proposal, 'root', ALICE.publicKey), 'root', BOB.publicKey), 'root', 2);

let scenario: Scenario;
beforeAll(async () => {
  scenario = await makeScenario(folder);
});
const base = (edit: (proposal: Proposal) => Proposal, by: readonly Signer[], online = [ONLINE]) => ({
  store: scenario.store.copy(),
  trust: scenario.trust,
  edit,
  by,
  online,
});

it.each([
  ['before anything of it is there', 'create'],
  ['when the new root is there, which it takes up', 'replace'],
] as const)(
  'a change of keys that a publisher overtakes %s is published, its keys opened once',
  async (_, at) => {
    const ceremony = base(twoOfThree, [RELEASE, ALICE]);
    const { store, trust } = ceremony;
    const request = await proposed(ceremony);
    const responses = await responsesTo(request, ceremony.by);
    store.fate = async (_, kind): Promise<Fate> => {
      if (kind !== at) return 'do';
      store.fate = () => 'do';
      await scenario.publish('1.1.0', store);
      return 'do';
    };
    let opened = 0;
    const open = async () => {
      opened += 1;
      return [ONLINE];
    };
    const { report } = await publishRotation({ request, responses, store, trust, open, now: NOW });
    expect(report).toMatchObject({ changed: true, title: 'root 2' });
    expect(opened).toBe(1);
    // A root counts as soon as it is there, whatever the timestamp says.
    expect(timestampVersion(store)).toBe(2);
    expect(await scenario.consistent(scenario.device(), store)).toBe('1.1.0');
  },
);

describe('a change of keys', () => {
  it('is published root first, timestamp last, after every device has walked it', async () => {
    const ceremony = base(twoOfThree, [RELEASE, ALICE]);
    const { report, trust } = await holdCeremony(ceremony);
    const { store } = ceremony;
    expect(store.requests.filter((request) => /^(?:create|replace) /.test(request))).toEqual([
      'create metadata/2.root.json',
      'create metadata/2.snapshot.json',
      'replace metadata/timestamp.json',
    ]);
    expect(report).toMatchObject({ title: 'root 2', store: store.url });
    expect(report.walks).toEqual([
      { root: 1, upToDate: false },
      { root: 2, upToDate: false },
      { root: 1, upToDate: true },
    ]);
    expect(verifyTrust(trust, NOW).root.signed.roles.root).toMatchObject({
      threshold: 2,
      keyids: { length: 3 },
    });
    expect(await scenario.consistent(scenario.device(), store)).toBe('1.0.0');
  });

  it('wants the thresholds of both roots, and names who is missing', async () => {
    const ceremony = base((all) => removeKey(twoOfThree(all), 'root', keyidOf(RELEASE)), [ALICE, BOB]);
    const before = new Map(ceremony.store.objects);
    const error = await refusal(() => holdCeremony(ceremony));
    expect(error).toMatchObject({ code: 'signatures-missing', exitCode: 5 });
    expect(error.faults).toMatchObject([
      { where: 'root', message: expect.stringContaining(keyidOf(RELEASE).slice(0, 16)) },
    ]);
    for (const by of [[RELEASE], [RELEASE, ALICE]]) {
      expect((await refusal(() => holdCeremony({ ...ceremony, by }))).code).toBe('signatures-missing');
    }
    expect(ceremony.store.objects).toEqual(before);
    expect((await holdCeremony({ ...ceremony, by: [BOB, RELEASE, ALICE] })).report.title).toBe('root 2');
  });

  it('changes every key at once, and devices of every age follow', async () => {
    const first = base(twoOfThree, [RELEASE, BOB]);
    const { store } = first;
    const asleep = scenario.device();
    const once = await holdCeremony(first);
    const all = await holdCeremony({
      store,
      trust: once.trust,
      edit: (proposal) =>
        replaceEverywhere(
          removeKey(
            replaceEverywhere(replaceEverywhere(proposal, RELEASE, CAROL), ONLINE, NIGHT),
            'root',
            keyidOf(ALICE),
          ),
          BOB,
          signerNamed('dave'),
        ),
      by: [RELEASE, BOB, ALICE, CAROL, signerNamed('dave')],
      online: [NIGHT],
    });
    expect(all.report.roles.map(({ role, version }) => `${role} ${version}`)).toEqual([
      'root 3',
      'gateway.channels 2',
      'gateway 2',
      'targets 2',
      'snapshot 3',
      'timestamp 3',
    ]);
    expect(await scenario.consistent(asleep, store)).toBe('1.0.0');
    // The old keys count no more; the new ones do.
    const { bundles } = scenario;
    const { trust } = all;
    const old = await refusal(() => scenario.publish('1.1.0', store, { trust }));
    expect(old.code).toBe('threshold-unmet');
    expect(bundles['1.1.0']).toBeDefined();
  });

  it('goes from one person to 3 of 5, and down again to 2 of 3', async () => {
    const [dave, erin] = [signerNamed('dave'), signerNamed('erin')];
    const up = base(
      (all) =>
        setThreshold(
          [ALICE, BOB, CAROL, dave].reduce((next, { publicKey }) => addKey(next, 'root', publicKey), all),
          'root',
          3,
        ),
      [RELEASE, ALICE, dave],
    );
    const asleep = scenario.device();
    const { trust } = await holdCeremony(up);
    const edit = (all: Proposal) =>
      [ALICE, dave].reduce(
        (next, gone) => removeKey(next, 'root', keyidOf(gone)),
        setThreshold(all, 'root', 2),
      );
    const down = { ...up, trust, edit };
    // Three of the five have to agree to it, although two are enough from then on.
    expect((await refusal(() => holdCeremony({ ...down, by: [BOB, CAROL, erin] }))).code).toBe(
      'signatures-missing',
    );
    const last = await holdCeremony({ ...down, by: [BOB, CAROL, ALICE] });
    expect(verifyTrust(last.trust, NOW).root.signed.roles.root).toMatchObject({
      threshold: 2,
      keyids: { length: 3 },
    });
    expect(await scenario.consistent(asleep, up.store)).toBe('1.0.0');
  });

  it('needs the new online keys at hand, and writes nothing without them', async () => {
    const ceremony = base((all) => replaceEverywhere(all, ONLINE, NIGHT), [RELEASE]);
    const before = new Map(ceremony.store.objects);
    const error = await refusal(() => holdCeremony(ceremony));
    expect(error).toMatchObject({ code: 'signatures-missing' });
    expect(error.faults.map(({ where }) => where)).toEqual(['gateway.channels', 'snapshot', 'timestamp']);
    expect(ceremony.store.objects).toEqual(before);
    await holdCeremony({ ...ceremony, online: [NIGHT] });
    expect(await scenario.consistent(scenario.device(), ceremony.store)).toBe('1.0.0');
  });

  it('is refused when a device would refuse it, and nothing is written', async () => {
    // Targets expire before this is published; renewing the root alone does not help devices.
    const now = NOW + 729 * DAY;
    const ceremony = { ...base((all) => setExpiry(all, 'root', now + 900 * DAY, now), [RELEASE]), now };
    const before = new Map(ceremony.store.objects);
    const late = { ...ceremony, now: NOW + 731 * DAY };
    const request = await proposed(ceremony);
    const responses = await responsesTo(request, [RELEASE], now);
    const error = await refusal(() =>
      publishRotation({ ...late, request, responses, open: async () => [ONLINE] }),
    );
    expect(error).toMatchObject({
      code: 'role-expired',
      message: expect.stringContaining('a device that was asleep'),
    });
    expect(ceremony.store.objects).toEqual(before);
  });

  it('completes what was cut off after any write, also when its own keys change', async () => {
    const edit = (all: Proposal) => replaceEverywhere(replaceEverywhere(all, ONLINE, NIGHT), RELEASE, CAROL);
    const whole = base(edit, [RELEASE, CAROL], [NIGHT]);
    const request = await proposed(whole);
    const responses = await responsesTo(request, whole.by);
    const run = (store: WritableStore) =>
      publishRotation({ request, responses, store, trust: whole.trust, open: async () => [NIGHT], now: NOW });
    await run(whole.store);
    const writes = whole.store.requests.filter((item) => /^(?:create|replace) /.test(item)).length;
    expect(writes).toBe(6);
    for (let cut = 1; cut <= writes; cut += 1) {
      const store = scenario.store.copy();
      let count = 0;
      store.fate = (_number, kind) => {
        if (kind !== 'create' && kind !== 'replace') return 'do';
        count += 1;
        return count === cut ? 'lose' : 'do';
      };
      await expect(run(store)).rejects.toThrow();
      store.fate = () => 'do';
      await run(store);
      expect(await scenario.consistent(scenario.device(), store)).toBe('1.0.0');
    }
  });

  it('is done once: the same again writes nothing', async () => {
    const ceremony = base(twoOfThree, [RELEASE, ALICE]);
    const { store, trust } = ceremony;
    const request = await proposed(ceremony);
    const responses = await responsesTo(request, ceremony.by);
    const options = { request, responses, store, trust, open: async () => [ONLINE], now: NOW };
    const first = await publishRotation(options);
    const before = new Map(store.objects);
    for (const held of [trust, first.trust]) {
      const again = await publishRotation({ ...options, trust: held });
      expect(again).toMatchObject({ report: { changed: false, roles: [] }, trust: first.trust });
    }
    expect(store.objects).toEqual(before);
  });

  it('is refused when something else was published since the request was made', async () => {
    const ceremony = base(
      (all) => replaceKey(all, 'gateway', keyidOf(RELEASE), CAROL.publicKey),
      [RELEASE, CAROL],
    );
    const request = await proposed(ceremony);
    const responses = await responsesTo(request, ceremony.by);
    await scenario.publish('1.1.0', ceremony.store);
    const { store, trust } = ceremony;
    const run = () =>
      publishRotation({ request, responses, store, trust, open: async () => [ONLINE], now: NOW });
    expect(await refusal(run)).toMatchObject({ code: 'request-stale', where: 'gateway' });
    expect((await holdCeremony(ceremony)).report.roles.map(({ role }) => role)).toContain('gateway');
    expect(await scenario.consistent(scenario.device(), store)).toBe('1.1.0');
  });

  it('of a repository that has never been published changes the trust folder alone', async () => {
    const trust = await makeTrust();
    const store = new WritableStore();
    const rotated = await holdCeremony({ store, trust, edit: twoOfThree, by: [RELEASE, BOB], online: [] });
    expect(rotated.report).toEqual({
      title: 'root 2',
      changed: true,
      roles: [{ role: 'root', version: 2, expires: NOW + 730 * DAY }],
      walks: [],
    });
    expect(rotated.trust.roots).toHaveLength(2);
    expect(store.keys()).toEqual([]);
  });

  it('goes without a lost key', async () => {
    const ceremony = base(twoOfThree, [RELEASE, ALICE]);
    const { trust } = await holdCeremony(ceremony);
    const next = await holdCeremony({
      ...ceremony,
      trust,
      edit: (all) => markLost(replaceKey(all, 'root', keyidOf(BOB), CAROL.publicKey), keyidOf(BOB)),
      by: [RELEASE, ALICE],
    });
    expect(verifyTrust(next.trust, NOW).root.signed.roles.root.keyids).toContain(keyidOf(CAROL));
    expect(await scenario.consistent(scenario.device(), ceremony.store)).toBe('1.0.0');
  });
});
