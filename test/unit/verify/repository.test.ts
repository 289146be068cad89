import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { sha256 } from '../../../src/core/digest.ts';
import { OtaError } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/core/json/value.ts';
import { type ProgressEvent, silent } from '../../../src/core/progress.ts';
import type { Seconds } from '../../../src/core/time.ts';
import type { Signer } from '../../../src/keys/signer.ts';
import { buildRoot, signRole } from '../../../src/repository/build.ts';
import { metadataKey } from '../../../src/repository/layout.ts';
import { expiryOf } from '../../../src/repository/policy.ts';
import { type VerifyOptions, verifyRepository } from '../../../src/verify/repository.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { refusal } from '../../support/client.ts';
import { Forge, fileObject, keysObject, NOW, PAYLOAD, roleObject } from '../../support/forge.ts';
import { makeBundle, noise, ONLINE, publishFile, RELEASE, seeded } from '../../support/release.ts';
import { resignProduct } from '../../support/resign.ts';
import { rotate } from '../../support/rotation.ts';
import { makeScenario, type Scenario } from '../../support/scenario.ts';
import type { WritableStore } from '../../support/writable-store.ts';

let scenario: Scenario;
let published: WritableStore;

beforeAll(async () => {
  scenario = await makeScenario(await temporaryFolder());
  published = scenario.store.copy();
  await scenario.publish('1.1.0', published);
});

const verify = (store: VerifyOptions['store'], options: Partial<VerifyOptions> = {}) =>
  verifyRepository({
    store,
    rootBytes: scenario.trust.roots[0] as Uint8Array,
    now: NOW,
    quick: false,
    progress: silent,
    ...options,
  });

const faultsOf = async (...args: Parameters<typeof verify>) =>
  (await verify(...args)).faults.map(({ code, where }) => `${code} ${where}`);

describe('a repository as it was published', () => {
  test('is sound, each object is read once, and progress ends where it should', async () => {
    const store = published.copy();
    const events: ProgressEvent[] = [];
    const report = await verify(store, { progress: (event) => events.push(event) });
    expect(report).toMatchObject({ sound: true, faults: [], unchecked: [], unpublished: [] });
    const streamed = store.requests.filter((request) => request.startsWith('stream '));
    expect(streamed.length).toBe(report.counts.objects);
    expect(new Set(streamed).size).toBe(streamed.length);
    const last = events.filter(({ task }) => task === 'verify objects').at(-1);
    expect(last).toEqual({ task: 'verify objects', done: report.counts.bytes, total: report.counts.bytes });
    expect(store.requests.filter((request) => /^(?:create|replace|delete)/.test(request))).toEqual([]);
  });

  test('a quick look reads no payload, and asks for no object that a listing tells of', async () => {
    const store = published.copy();
    expect(await verify(store, { quick: true })).toMatchObject({ sound: true, quick: true });
    expect(store.requests.filter((request) => request.startsWith('stat '))).toEqual([]);
    expect(store.requests.filter((request) => /^stream .*radio/.test(request))).toEqual([]);
  });

  test('a store that fails in between ends the verification as a failure of the store', async () => {
    const store = published.copy();
    store.fate = (_number, request) => {
      if (request === 'stream') throw new OtaError('store-unreachable', 'gone');
      return 'do';
    };
    expect(await refusal(() => verify(store))).toMatchObject({ code: 'store-unreachable', exitCode: 6 });
  });
});

describe('the chain of roots', () => {
  const rotated = async (signers: readonly Signer[], now: Seconds = NOW) => {
    const { publicKey } = RELEASE;
    const offline = { keyids: [publicKey.keyid], threshold: 1 };
    const online = { keyids: [ONLINE.publicKey.keyid], threshold: 1 };
    const root = buildRoot({
      version: 2,
      expires: expiryOf('root', now),
      keys: [publicKey, ONLINE.publicKey],
      roles: { root: offline, targets: offline, snapshot: online, timestamp: online },
    });
    return (await signRole(root, signers)).bytes;
  };

  test('is followed to its end, from any root of it', async () => {
    const store = published.copy();
    const second = await rotated([RELEASE]);
    store.objects.set(metadataKey('root', 2), second);
    expect(await verify(store)).toMatchObject({ sound: true, roots: { first: 1, last: 2 } });
    expect(await verify(store, { rootBytes: second })).toMatchObject({
      sound: true,
      roots: { first: 1, last: 2 },
    });
    store.objects.delete(metadataKey('root', 1));
    expect(await faultsOf(store, { rootBytes: second })).toEqual(['role-missing metadata/1.root.json']);
  });

  test('that goes on in the trust alone is a store that is behind', async () => {
    const second = await rotated([RELEASE]);
    expect(await faultsOf(published.copy(), { rootBytes: second })).toEqual([
      'role-missing metadata/2.root.json',
    ]);
  });

  test('that breaks ends there, and says that nothing below was checked', async () => {
    const store = published.copy();
    store.objects.set(metadataKey('root', 2), await rotated([seeded(9)]));
    const report = await verify(store);
    expect(report.faults.map(({ code, where }) => `${code} ${where}`)).toEqual([
      'threshold-unmet metadata/2.root.json',
    ]);
    expect(report).toMatchObject({ unchecked: ['root'], counts: { objects: 0 } });
  });
});

describe('a delta', () => {
  const delta = () => {
    const key = published.keys('targets/').find((found) => found.includes('radio.from.')) ?? '';
    const path = `gateway/1.1.0/${key.slice(key.indexOf('radio.from.'))}`;
    return { key, path, at: ['targets', path, 'custom', 'delta'] };
  };
  const edited = async (...edits: Parameters<typeof resignProduct>[2][]) => {
    const store = published.copy();
    await resignProduct(store, { release: RELEASE, online: ONLINE }, ...edits);
    return faultsOf(store);
  };

  test('that its own header says is for other images, or takes other memory, is found', async () => {
    const { key, path, at } = delta();
    const base = `${path.split('.from.')[1]?.slice(0, 16)}${'0'.repeat(48)}`;
    expect(await edited([[...at, 'base', 'sha256'], base])).toEqual([`delta-wrong-base ${key}`]);
    expect(await edited([[...at, 'memory'], 1])).toEqual([`delta-wrong-base ${key}`]);
  });

  test('that its role says leads elsewhere than its name or its payload is found', async () => {
    const { key, path, at } = delta();
    const other = [[...at, 'image', 'sha256'], 'e'.repeat(64)] as const;
    expect(await edited(other)).toEqual([`delta-wrong-base ${path}`, `delta-wrong-base ${key}`]);
    const component = [['targets', path, 'custom', 'component'], 'boot'] as const;
    expect(await edited(component)).toEqual([`delta-wrong-base ${path}`]);
  });
});

describe('release keys that were rotated', () => {
  const fresh = seeded(8);
  let rotated: WritableStore;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ota-test-'));
    const trust = await rotate(scenario.trust, { gateway: { signers: [fresh] }, by: [RELEASE] });
    rotated = published.copy();
    const components = { boot: { image: noise(9, 700), counter: 1 } };
    const bundle = await makeBundle(folder, { version: '1.2.0', components, signers: [fresh] });
    await publishFile(bundle, { store: rotated, trust, scratch: folder, signers: [fresh, ONLINE] });
    await rm(folder, { recursive: true });
  });

  test('still vouch for the bundles that they signed, which is said', async () => {
    const report = await verify(rotated);
    expect(report).toMatchObject({ faults: [], roots: { first: 1, last: 2 } });
    expect(report.releases.map(({ version, formerTargets }) => [version, formerTargets])).toEqual([
      ['1.0.0', 1],
      ['1.1.0', 1],
      ['1.2.0', undefined],
    ]);
  });

  test('do not, where the targets role that named them is gone', async () => {
    const store = rotated.copy();
    store.objects.delete('metadata/1.targets.json');
    expect(await faultsOf(store)).toEqual([
      'threshold-unmet gateway/1.0.0/signatures.json',
      'threshold-unmet gateway/1.1.0/signatures.json',
    ]);
  });
});

describe('a repository that is not of this tool', () => {
  const sound = async () => {
    const forge = await Forge.make();
    // The channel of the forged repository is no channel of this tool's.
    forge.set('gateway.channels', ['targets'], {});
    await forge.publish('gateway.channels');
    return forge;
  };

  test('is sound when its roles and targets are', async () => {
    const forge = await sound();
    const report = await verify(forge.store, { rootBytes: forge.bytes('root') });
    expect(report).toMatchObject({ sound: true, counts: { releases: 0, objects: 1 } });
  });

  test('a product that waits for its first release is no fault; a role that was dropped is one', async () => {
    const forge = await sound();
    const roles = forge.signed('targets').delegations as unknown as {
      roles: readonly Record<string, unknown>[];
    };
    const hub = { ...roles.roles[0], name: 'hub', paths: ['hub/*/*'] };
    await forge.publish('targets', [['delegations', 'roles'], [...roles.roles, hub] as never]);
    expect(await verify(forge.store, { rootBytes: forge.bytes('root') })).toMatchObject({
      sound: true,
      unpublished: ['hub'],
    });
    forge.set('snapshot', ['meta', 'gateway.json'], undefined);
    await forge.announceSnapshot();
    expect(await faultsOf(forge.store, { rootBytes: forge.bytes('root') })).toEqual([
      'role-unlisted gateway',
    ]);
  });

  test('delegations in a ring end', async () => {
    const forge = await sound();
    const ring = forge.signed('gateway').delegations as unknown as {
      roles: readonly Record<string, unknown>[];
    };
    const back = { ...ring.roles[0], name: 'gateway', keyids: [forge.release.publicKey.keyid], threshold: 1 };
    forge.set('gateway.channels', ['delegations'], {
      keys: ring === undefined ? {} : (forge.signed('gateway').delegations as never as { keys: never }).keys,
      roles: [back] as never,
    });
    await forge.publish('gateway.channels');
    expect(await verify(forge.store, { rootBytes: forge.bytes('root') })).toMatchObject({
      sound: true,
      counts: { roles: 6 },
    });
  });

  test('hash bins are walked; one that the snapshot does not list is a fault', async () => {
    const forge = await Forge.make();
    const paths = ['a/one', 'a/two', 'a/three', 'a/four'];
    const bins = [{}, {}] as Record<string, JsonObject>[];
    for (const path of paths) {
      const bytes = utf8(path);
      forge.put(path, bytes);
      const bin = Number.parseInt(sha256(utf8(path)).slice(0, 1), 16) >> 3;
      (bins[bin] ?? {})[path] = fileObject(bytes);
    }
    const succinct = { ...roleObject(forge.release), bit_length: 1, name_prefix: 'bin' };
    forge.set('targets', ['delegations'], { keys: keysObject(forge.release), succinct_roles: succinct });
    for (const [index, targets] of bins.entries()) {
      forge.addTargets(`bin-${index}`, targets);
      forge.signers.set(`bin-${index}`, [forge.release]);
      await forge.write(`bin-${index}`);
    }
    await forge.publish('targets');
    const rootBytes = forge.bytes('root');
    expect(await verify(forge.store, { rootBytes })).toMatchObject({
      sound: true,
      counts: { roles: 6, objects: 4 },
    });
    forge.set('snapshot', ['meta', 'bin-1.json'], undefined);
    await forge.announceSnapshot();
    expect(await faultsOf(forge.store, { rootBytes })).toEqual(['role-unlisted bin-*']);
  });

  test('a target that has only a SHA-512 is read and compared too', async () => {
    const forge = await sound();
    const sha512 = createHash('sha512').update(PAYLOAD).digest('hex');
    const key = `targets/gateway/1.0.0/${sha512}.other`;
    forge.store.objects.set(key, PAYLOAD);
    const file = { length: PAYLOAD.length, hashes: { sha512 } };
    await forge.publish('gateway', [['targets', 'gateway/1.0.0/other'], file]);
    const rootBytes = forge.bytes('root');
    expect(await verify(forge.store, { rootBytes })).toMatchObject({ sound: true, counts: { objects: 2 } });
    expect(await verify(forge.store, { rootBytes, quick: true })).toMatchObject({ sound: true });
    forge.store.objects.set(
      key,
      Uint8Array.from(PAYLOAD, (byte, at) => (at === 3 ? byte ^ 1 : byte)),
    );
    expect(await faultsOf(forge.store, { rootBytes })).toEqual([`digest-mismatch ${key}`]);
  });
});
