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
    expect(state.root.sealed.bytes).toEqual(trust.rootBytes);
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
      expect(error).toMatchObject({ code: 'role-missing', message: expect.stringContaining('toaster') });
    }
  });

  it('believes neither a store nor a trust folder that is another’s', async () => {
    const other = await makeTrust(ONLINE, RELEASE);
    expect((await refusal(() => loadState(published, other, PRODUCT, NOW))).code).toBe('threshold-unmet');
    const mixed = { rootBytes: trust.rootBytes, targetsBytes: other.targetsBytes };
    expect((await refusal(() => loadState(new WritableStore(), mixed, PRODUCT, NOW))).code).toBe(
      'threshold-unmet',
    );
  });
});
