import { beforeAll, describe, expect, it } from 'vitest';
import { markLost, replaceKey, rolesWith } from '../../../../src/ceremony/edit.ts';
import type { Proposal } from '../../../../src/ceremony/model.ts';
import { type Sealed, seal } from '../../../../src/core/digest.ts';
import { DAY } from '../../../../src/core/time.ts';
import { readPublished } from '../../../../src/publish/rotation/published.ts';
import { buildSnapshot, buildTargets, buildTimestamp, signRole } from '../../../../src/repository/build.ts';
import type { MetaFile } from '../../../../src/repository/model.ts';
import { parseSnapshot } from '../../../../src/repository/parse-meta.ts';
import { parseTargets } from '../../../../src/repository/parse-targets.ts';
import { holdCeremony } from '../../../support/ceremony.ts';
import { refusal } from '../../../support/client.ts';
import { sharedFolder } from '../../../support/folder.ts';
import { NOW } from '../../../support/forge.ts';
import { ONLINE, RELEASE, update } from '../../../support/release.ts';
import { makeScenario, type Scenario } from '../../../support/scenario.ts';
import { signerNamed } from '../../../support/signers.ts';
import type { WritableStore } from '../../../support/writable-store.ts';

const folder = sharedFolder();
const NIGHT = signerNamed('night');
const FAR = Number.MAX_SAFE_INTEGER;
const expires = NOW + 20 * DAY;
const described = (version: number, { length, sha256 }: Sealed) => ({ version, length, sha256 });

let scenario: Scenario;
beforeAll(async () => {
  scenario = await makeScenario(folder);
});

const read = (store: WritableStore, key: string) => store.objects.get(key) as Uint8Array;

/** What a thief of the online key can do: versions out of reach, and channels of their own. */
async function attack(store: WritableStore, changed: ReadonlyMap<string, MetaFile>): Promise<void> {
  const honest = parseSnapshot(read(store, 'metadata/1.snapshot.json'), 'snapshot').signed;
  const meta = new Map([...honest.meta, ...changed]);
  const snapshot = await signRole(buildSnapshot({ version: FAR, expires, meta }), [ONLINE]);
  const timestamp = buildTimestamp({ version: FAR, expires, snapshot: described(FAR, snapshot) });
  store.objects.set(`metadata/${FAR}.snapshot.json`, snapshot.bytes);
  store.objects.set('metadata/timestamp.json', (await signRole(timestamp, [ONLINE])).bytes);
}

async function farChannels(store: WritableStore): Promise<MetaFile> {
  const { targets } = parseTargets(read(store, 'metadata/1.gateway.channels.json'), 'channels').signed;
  const role = await signRole(buildTargets({ version: FAR, expires, targets }), [ONLINE]);
  store.objects.set(`metadata/${FAR}.gateway.channels.json`, role.bytes);
  return described(FAR, role);
}

const withoutOnline = (proposal: Proposal) => {
  const { keyid } = ONLINE.publicKey;
  const next = rolesWith(proposal, keyid).reduce(
    (all, name) => replaceKey(all, name, keyid, NIGHT.publicKey),
    proposal,
  );
  return markLost(next, keyid);
};

describe('after the online key was stolen and versions driven out of reach', () => {
  it.each([
    ['snapshot and timestamp alone', async () => new Map<string, MetaFile>()],
    ['a version of the product that nobody signed', async () => new Map([['gateway', { version: 99_999 }]])],
    [
      'the channels too',
      async (store: WritableStore) => new Map([['gateway.channels', await farChannels(store)]]),
    ],
  ])('%s: a change of that key brings every device back', async (_what, changes) => {
    const store = scenario.store.copy();
    await attack(store, await changes(store));
    const [seen, asleep] = [scenario.device(), scenario.device()];
    // Whether or not there is something to install, the device remembers the versions.
    await update(seen, store, scenario.trust).catch(() => {});

    // Without a change of keys nothing honest can follow.
    const restored = scenario.store.copy();
    expect((await refusal(() => update(seen, restored, scenario.trust))).code).toBe('role-rollback');

    const ceremony = { store, trust: scenario.trust, edit: withoutOnline, by: [RELEASE], online: [NIGHT] };
    const { report, trust } = await holdCeremony(ceremony);
    expect(report.roles.find(({ role }) => role === 'timestamp')?.version).toBe(1);
    for (const device of [seen, asleep]) expect(await scenario.consistent(device, store)).toBe('1.0.0');
    await scenario.publish('1.1.0', store, { trust, signers: [RELEASE, NIGHT] });
    for (const device of [seen, asleep]) expect(await scenario.consistent(device, store)).toBe('1.1.0');
  });

  it('the roles are taken by their own signatures, and that is said', async () => {
    const store = scenario.store.copy();
    expect((await readPublished(store, scenario.trust)).doubt).toBeUndefined();
    await attack(store, new Map([['gateway', { version: 99_999 }]]));
    const published = await readPublished(store, scenario.trust);
    expect(published.doubt).toMatchObject({ code: 'role-missing' });
    expect([...published.roles].map(([name, { signed }]) => [name, signed.version])).toEqual([
      ['targets', 1],
      ['gateway', 1],
      ['gateway.channels', 1],
    ]);
    expect(seal(read(store, 'metadata/1.gateway.json')).sha256).toBe(
      published.roles.get('gateway')?.sealed.sha256,
    );
  });

  it('a change that leaves the stolen key in its place is refused', async () => {
    const store = scenario.store.copy();
    await attack(store, new Map([['gateway', { version: 99_999 }]]));
    const before = new Map(store.objects);
    const edit = (all: Proposal) => replaceKey(all, 'root', RELEASE.publicKey.keyid, NIGHT.publicKey);
    const ceremony = { store, trust: scenario.trust, edit, by: [RELEASE, NIGHT], online: [ONLINE] };
    expect((await refusal(() => holdCeremony(ceremony))).code).toBe('role-missing');
    expect(store.objects).toEqual(before);
  });
});
