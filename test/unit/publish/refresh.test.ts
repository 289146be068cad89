import { beforeAll, describe, expect, it, vi } from 'vitest';
import { DAY } from '../../../src/core/time.ts';
import type { Signer } from '../../../src/keys/signer.ts';
import { type RefreshOptions, refreshRepository } from '../../../src/publish/refresh.ts';
import { refusal } from '../../support/client.ts';
import { freshFolder, sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import {
  makeBundle,
  makeTrust,
  noise,
  ONLINE,
  patched,
  publishFile,
  RELEASE,
  update,
} from '../../support/release.ts';
import { tufJsAccepts } from '../../support/tuf-js.ts';
import { WritableStore } from '../../support/writable-store.ts';

vi.mock('../../../src/keys/ed25519.ts', async (original) => {
  const { memoized } = await import('../../support/memoized.ts');
  return memoized(await original());
});

const bundles = sharedFolder();
const folder = freshFolder();
const trust = await makeTrust();
const published = new WritableStore();

beforeAll(async () => {
  for (const [index, version] of ['1.0.0', '1.1.0'].entries()) {
    const image = patched(noise(1, 500), index);
    const path = await makeBundle(bundles, { version, components: { radio: { image } } });
    await publishFile(path, { store: published, trust, scratch: `${bundles}/scratch` });
  }
});

const refresh = (
  store: WritableStore,
  days: number,
  { signers = [ONLINE], ...more }: Partial<RefreshOptions> & { readonly signers?: readonly Signer[] } = {},
) =>
  refreshRepository({
    store,
    trust,
    atHand: new Set(signers.map(({ publicKey }) => publicKey.keyid)),
    unlock: async () => signers,
    force: false,
    now: NOW + days * DAY,
    progress: () => {},
    ...more,
  });

const writes = (store: WritableStore) =>
  store.requests.filter((request) => /^(?:create|replace) /.test(request));

describe('refresh', () => {
  it('writes nothing and opens no key while nothing is due', async () => {
    const store = published.copy();
    const unlock = vi.fn(async () => [ONLINE]);
    expect(await refresh(store, 14, { unlock })).toMatchObject({ changed: false, roles: [], expiring: [] });
    expect(unlock).not.toHaveBeenCalled();
    expect(writes(store)).toEqual([]);
    expect(store.requests.length).toBeLessThanOrEqual(8);
  });

  it('renews snapshot and timestamp in two writes, and devices and tuf-js go on', async () => {
    const store = published.copy();
    const report = await refresh(store, 16);
    expect(report).toMatchObject({ changed: true, expiresFirst: { role: 'snapshot' } });
    expect(report.roles.map(({ role, version }) => [role, version])).toEqual([
      ['snapshot', 3],
      ['timestamp', 3],
    ]);
    expect(writes(store)).toEqual(['create metadata/3.snapshot.json', 'replace metadata/timestamp.json']);
    const late = NOW + 40 * DAY;
    expect((await refusal(() => update(folder.at('late'), published, trust, { now: late }))).code).toBe(
      'role-expired',
    );
    expect((await update(folder.at('device'), store, trust, { now: late })).to).toBe('1.1.0');
    await tufJsAccepts(store, trust.roots[0] as Uint8Array, late);
    expect((await refresh(store, 16)).changed).toBe(false);
    expect((await refresh(store, 40)).roles.map(({ version }) => version)).toEqual([4, 4]);
  });

  it('takes over after weeks in which nobody refreshed', async () => {
    const store = published.copy();
    expect((await refresh(store, 100)).changed).toBe(true);
    expect((await update(folder.at('device'), store, trust, { now: NOW + 110 * DAY })).to).toBe('1.1.0');
  });

  it('needs the keys of both roles, and asks before it opens any', async () => {
    const store = published.copy();
    const error = await refusal(() => refresh(store, 16, { signers: [RELEASE] }));
    expect(error).toMatchObject({ code: 'signatures-missing', exitCode: 5 });
    expect(error.faults.map(({ where }) => where)).toEqual(['snapshot', 'timestamp']);
    expect(writes(store)).toEqual([]);
  });

  it('says that there is nothing to refresh in an empty store', async () => {
    expect((await refusal(() => refresh(new WritableStore(), 1))).code).toBe('store-missing');
  });
});
