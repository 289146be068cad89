import { beforeAll, describe, expect, it } from 'vitest';
import { DAY } from '../../../src/core/time.ts';
import { loadState } from '../../../src/publish/repository-state.ts';
import { refusal } from '../../support/client.ts';
import { sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import {
  makeBundle,
  makeTrust,
  name,
  noise,
  ONLINE,
  PRODUCT,
  publishFile,
  RELEASE,
} from '../../support/release.ts';
import { rotate } from '../../support/rotation.ts';
import { signerNamed } from '../../support/signers.ts';
import { WritableStore } from '../../support/writable-store.ts';

const folder = sharedFolder();
const trust = await makeTrust();
const published = new WritableStore();
beforeAll(async () => {
  const path = await makeBundle(folder, {
    version: '1.0.0',
    components: { radio: { image: noise(1, 200) } },
  });
  await publishFile(path, { store: published, trust, scratch: `${folder}/scratch` });
});

describe('loadState', () => {
  it('of an empty store is the trust, and nothing is written', async () => {
    const store = new WritableStore();
    const state = await loadState(store, trust, PRODUCT, NOW);
    expect(state.root.sealed.bytes).toEqual(trust.roots[0]);
    expect(state.targets.sealed.bytes).toEqual(trust.targetsBytes);
    expect(state.delegation).toMatchObject({ name: 'gateway', keyids: [RELEASE.publicKey.keyid] });
    expect([state.live, state.product, state.channels]).toEqual([undefined, undefined, undefined]);
    expect(store.keys()).toEqual([]);
  });

  it('of a published one is what it holds, with the token to replace its timestamp', async () => {
    const state = await loadState(published, trust, PRODUCT, NOW);
    expect(state.product?.signed.targets.has('gateway/1.0.0/radio')).toBe(true);
    expect(state.channels?.signed.targets.has('gateway/channels/stable.json')).toBe(true);
    expect(state.live?.token).toBe((await published.read('metadata/timestamp.json', 1e6))?.token);
  });

  it('passes over the expiry of roles that are about to be renewed, but not of those that are not', async () => {
    expect((await loadState(published, trust, PRODUCT, NOW + 700 * DAY)).live).toBeDefined();
    for (const store of [published, new WritableStore()]) {
      const error = await refusal(() => loadState(store, trust, PRODUCT, NOW + 731 * DAY));
      expect(error).toMatchObject({ code: 'role-expired', exitCode: 4 });
    }
  });

  it('knows only the products that the targets role delegates', async () => {
    for (const store of [published, new WritableStore()]) {
      const error = await refusal(() => loadState(store, trust, name('toaster'), NOW));
      expect(error).toMatchObject({ code: 'product-unknown', message: expect.stringContaining('toaster') });
    }
  });

  it('believes neither a store nor a trust folder that is another’s', async () => {
    const other = await makeTrust(ONLINE, RELEASE);
    expect((await refusal(() => loadState(published, other, PRODUCT, NOW))).code).toBe('root-differs');
    const mixed = { roots: trust.roots, targetsBytes: other.targetsBytes };
    expect((await refusal(() => loadState(new WritableStore(), mixed, PRODUCT, NOW))).code).toBe(
      'threshold-unmet',
    );
  });

  it('takes what the trust folder is ahead by, and knows that the store lacks it', async () => {
    const alice = signerNamed('alice');
    const ahead = await rotate(trust, { root: { signers: [alice] }, by: [RELEASE, alice] });
    const state = await loadState(published, ahead, PRODUCT, NOW);
    expect(state.root.signed.roles.root.keyids).toEqual([alice.publicKey.keyid]);
    expect(state.targets.signed.version).toBe(2);
    expect(state.live?.repository.root.signed.version).toBe(1);
    expect(state.pending.roots.map(({ signed }) => signed.version)).toEqual([2]);
    expect(state.pending.targets?.signed.version).toBe(2);
    const none = await loadState(published, trust, PRODUCT, NOW);
    expect(none.pending).toEqual({ roots: [] });
  });

  it('takes what the store is ahead by, and refuses another root than the one that is held', async () => {
    const alice = signerNamed('alice');
    const ahead = await rotate(trust, { root: { signers: [alice] }, by: [RELEASE, alice] });
    const store = published.copy();
    store.objects.set('metadata/2.root.json', ahead.roots[1] as Uint8Array);
    const state = await loadState(store, trust, PRODUCT, NOW);
    expect([state.root.signed.version, state.pending.roots]).toEqual([2, []]);
    // Whoever held the keys of root 1 may have made another root 2: the one in the trust folder is what counts.
    const thief = signerNamed('thief');
    const fork = await rotate(trust, {
      root: { signers: [thief] },
      timestamp: { signers: [thief] },
      by: [RELEASE, thief],
    });
    store.objects.set('metadata/2.root.json', fork.roots[1] as Uint8Array);
    store.objects.set('metadata/3.root.json', (await rotate(fork, { by: [thief] })).roots[2] as Uint8Array);
    const error = await refusal(() => loadState(store, ahead, PRODUCT, NOW));
    expect(error.code).toBe('root-differs');
  });

  it('refuses a trust folder whose root changes the targets keys while its targets are older', async () => {
    const alice = signerNamed('alice');
    const by = [RELEASE, alice];
    const ahead = await rotate(trust, { targets: { signers: [alice] }, by });
    const stale = { ...ahead, targetsBytes: trust.targetsBytes };
    expect((await refusal(() => loadState(published, stale, PRODUCT, NOW))).code).toBe('threshold-unmet');
    expect((await loadState(published, ahead, PRODUCT, NOW)).targets.signed.version).toBe(2);
  });
});
