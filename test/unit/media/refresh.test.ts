import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { silent } from '../../../src/core/progress.ts';
import { DAY, type Seconds } from '../../../src/core/time.ts';
import { refreshMedium } from '../../../src/media/refresh.ts';
import { openMedium } from '../../../src/media/store.ts';
import { verifyMedium } from '../../../src/media/verify.ts';
import { refreshRepository } from '../../../src/publish/refresh.ts';
import { refusal } from '../../support/client.ts';
import { filesBelow, freshFolder, sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import { makeMedium, mediaRequest, publishMediaRelease } from '../../support/media.ts';
import { anchorOf, makeTrust, ONLINE, RELEASE, update } from '../../support/release.ts';
import { rotate } from '../../support/rotation.ts';
import { WritableStore } from '../../support/writable-store.ts';

vi.mock('../../../src/keys/ed25519.ts', async (original) => {
  const { memoized } = await import('../../support/memoized.ts');
  return memoized(await original());
});

const LATER = NOW + 20 * DAY;
const shared = sharedFolder();
const folder = freshFolder();
const trust = await makeTrust();
const store = new WritableStore();
/** The same repository after a root and a refresh. */
let renewed: WritableStore;
/** And after another release. */
let moved: WritableStore;

beforeAll(async () => {
  await publishMediaRelease(shared, '1.0.0', store, trust);
  await publishMediaRelease(shared, '1.1.0', store, trust);
  await update(join(shared, 'device'), store, trust);
  moved = store.copy();
  await publishMediaRelease(shared, '2.0.0', moved, trust);
  renewed = store.copy();
  const { roots } = await rotate(trust, { by: [RELEASE] });
  renewed.objects.set('metadata/2.root.json', roots[1] as Uint8Array);
  await refreshRepository({
    store: renewed,
    trust,
    atHand: new Set([ONLINE.publicKey.keyid]),
    unlock: async () => [ONLINE],
    force: false,
    now: LATER,
    progress: silent,
  });
  await makeMedium(mediaRequest({ bases: ['1.0.0'] }), { store, trust, path: join(shared, 'stick') });
});
beforeEach(() => cpSync(join(shared, 'stick'), folder.at('stick'), { recursive: true }));

const refresh = (from: WritableStore, now: Seconds = LATER) =>
  refreshMedium({ path: folder.at('stick'), store: from, trust, now, progress: silent });
const verify = async (now: Seconds) =>
  verifyMedium({
    medium: await openMedium(folder.at('stick')),
    anchor: { roots: [anchorOf(trust)] },
    now,
    progress: silent,
  });
const small = (key: string) => key.startsWith('metadata/') || key.endsWith('.json') || !key.includes('/');

describe('a medium that is renewed', () => {
  it('has the metadata of the repository, with the timestamp and then the list last, and the payloads that it had', async () => {
    const before = filesBelow(folder.at('stick'));
    const after = LATER + 15 * DAY;
    expect((await verify(after)).faults).toMatchObject([{ code: 'media-expired' }]);
    const report = await refresh(renewed);
    expect(report.renewed).toEqual([
      'README.txt',
      'metadata/2.root.json',
      'metadata/3.snapshot.json',
      'metadata/timestamp.json',
      'ota-media.json',
    ]);
    expect(report.products).toMatchObject([{ until: '2026-02-20T00:00:00Z' }]);
    const now = filesBelow(folder.at('stick'));
    expect(now.has('metadata/2.snapshot.json')).toBe(false);
    const payloads = (files: typeof now) => [...files].filter(([key]) => !small(key));
    expect(payloads(now)).toEqual(payloads(before));
    expect(await verify(after)).toMatchObject({ sound: true, extra: [], roots: { last: 2 } });
    const { written } = await makeMedium(mediaRequest({ bases: ['1.0.0'] }), {
      store: renewed,
      trust,
      path: folder.at('stick'),
    });
    expect(written?.written).toBeLessThan(5000);
  });

  it('is left alone where it is as the repository is', async () => {
    const before = filesBelow(folder.at('stick'));
    expect((await refresh(store)).renewed).toEqual([]);
    expect(filesBelow(folder.at('stick'))).toEqual(before);
  });

  it('mends a file that devices need to read it', async () => {
    rmSync(folder.at('stick', 'metadata', 'timestamp.json'));
    rmSync(folder.at('stick', 'metadata', '1.root.json'));
    expect((await refresh(store)).renewed).toEqual(['metadata/1.root.json', 'metadata/timestamp.json']);
    expect((await verify(NOW)).sound).toBe(true);
  });

  it('is left alone where its channel gives out a release whose payloads are not on it', async () => {
    const before = filesBelow(folder.at('stick'));
    const error = await refusal(() => refresh(moved));
    expect(error).toMatchObject({ code: 'media-moved', exitCode: 3 });
    expect(error.faults.length).toBeGreaterThan(0);
    expect(filesBelow(folder.at('stick'))).toEqual(before);
  });

  it('never goes back to a repository that is behind', async () => {
    await refresh(renewed);
    const before = filesBelow(folder.at('stick'));
    expect(await refusal(() => refresh(store))).toMatchObject({ code: 'role-rollback' });
    expect(filesBelow(folder.at('stick'))).toEqual(before);
  });

  it('is taken by devices wherever it is cut off, and the same command ends it', async () => {
    const whole = (await refresh(renewed)).renewed.length;
    for (let writes = 0; writes < whole; writes += 1) {
      rmSync(folder.at('stick'), { recursive: true });
      cpSync(join(shared, 'stick'), folder.at('stick'), { recursive: true });
      let left = writes;
      const cut = () => {
        if (left === 0) throw new Error('pulled');
        left -= 1;
      };
      await expect(
        refreshMedium({
          path: folder.at('stick'),
          store: renewed,
          trust,
          now: LATER,
          progress: silent,
          writing: cut,
        }),
      ).rejects.toThrow('pulled');
      cpSync(join(shared, 'device'), folder.at('device'), { recursive: true });
      if (writes === whole - 1) {
        const { faults } = await verify(LATER);
        expect(faults).toContainEqual(
          expect.objectContaining({
            where: 'metadata/timestamp.json',
            hint: expect.stringContaining('"ota media refresh" again'),
          }),
        );
      }
      const { store: medium } = await openMedium(folder.at('stick'));
      expect((await update(folder.at('device'), medium, trust, { now: NOW + 25 * DAY })).to).toBe('1.1.0');
      rmSync(folder.at('device'), { recursive: true });
      await refresh(renewed);
      expect((await verify(LATER)).sound).toBe(true);
    }
  });
});
