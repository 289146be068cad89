import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { silent } from '../../../src/core/progress.ts';
import { DAY } from '../../../src/core/time.ts';
import { createMedium } from '../../../src/media/create.ts';
import { mediumKindAt } from '../../../src/media/files.ts';
import { mediumKind, WRITERS } from '../../../src/media/open-writer.ts';
import { refreshMedium } from '../../../src/media/refresh.ts';
import { openMedium } from '../../../src/media/store.ts';
import { verifyMedium } from '../../../src/media/verify.ts';
import { refreshRepository } from '../../../src/publish/refresh.ts';
import { refusal } from '../../support/client.ts';
import { filesBelow, freshFolder, sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import {
  makeBundle,
  makeTrust,
  noise,
  ONLINE,
  PRODUCT,
  patched,
  publishUnseen,
  STABLE,
  update,
  version,
} from '../../support/release.ts';
import { WritableStore } from '../../support/writable-store.ts';

vi.mock('../../../src/keys/ed25519.ts', async (original) => {
  const { memoized } = await import('../../support/memoized.ts');
  return memoized(await original());
});

const shared = sharedFolder();
const folder = freshFolder();
const trust = await makeTrust();
const published = new WritableStore();
const linux = (mark: number) => patched(noise(1, 60_000), mark);
const MIB = 2 ** 20;
/** So short that payloads lie in parts. */
const PARTS = 25_000;

beforeAll(async () => {
  for (const [index, release] of ['1.0.0', '2.0.0'].entries()) {
    const components = { linux: { image: linux(index) }, radio: { image: patched(noise(2, 3000), index) } };
    const path = await makeBundle(shared, { version: release, components });
    await publishUnseen(path, { store: published, trust, scratch: join(shared, 'scratch') });
  }
});

const create = (path: string, size?: number) =>
  createMedium({
    store: published,
    trust,
    requests: [{ product: PRODUCT, channels: [STABLE], from: [version('1.0.0')], full: true }],
    path,
    parts: PARTS,
    write: WRITERS[mediumKind(path)],
    writing: size === undefined ? {} : { size },
    force: false,
    dryRun: false,
    now: NOW,
    progress: silent,
  });

/** The repository, its timestamp signed anew after a while. */
async function refreshed(days: number): Promise<WritableStore> {
  const store = published.copy();
  await refreshRepository({
    store,
    trust,
    atHand: new Set([ONLINE.publicKey.keyid]),
    unlock: async () => [ONLINE],
    force: true,
    now: NOW + days * DAY,
    progress: silent,
  });
  return store;
}

const renew = (path: string, store: WritableStore) =>
  refreshMedium({ path, store, trust, now: NOW + 16 * DAY, progress: silent });

const verify = async (path: string) =>
  verifyMedium({
    medium: await openMedium(path),
    anchor: { roots: trust.roots },
    now: NOW,
    progress: silent,
  });

describe.each(['stick.img', 'stick.tar'])('%s', (name) => {
  const at = () => folder.at(name);

  it('is sound when it was made, and devices update from it', async () => {
    const report = await create(at());
    expect(await mediumKindAt(at())).toBe(mediumKind(name));
    expect(await verify(at())).toMatchObject({ sound: true, faults: [], extra: [], files: report.files - 1 });
    const medium = await openMedium(at());
    const parts: string[] = [];
    for await (const { key } of medium.files.list('targets/gateway/2.0.0/'))
      if (key.includes('.part-')) parts.push(key);
    expect(parts.map((key) => key.slice(-14))).toEqual([
      'linux.part-000',
      'linux.part-001',
      'linux.part-002',
    ]);
    expect((await update(folder.at('device'), medium.store, trust)).to).toBe('2.0.0');
    expect(filesBelow(folder.at('device', 'slots')).get('linux')).toEqual(Buffer.from(linux(1)));
  });

  it('is made anew with the metadata of today, its payloads taken from itself', async () => {
    await create(at(), name === 'stick.img' ? 50 * MIB : undefined);
    const before = { stat: statSync(at()), medium: await openMedium(at()) };
    const store = await refreshed(16);
    for (const key of [...store.objects.keys()])
      if (/\/[0-9a-f]{64}\.(?:linux|radio)/.test(key)) store.objects.delete(key);
    const { renewed } = await renew(at(), store);
    expect(renewed).toContain('metadata/timestamp.json');
    expect(renewed.every((key) => !key.startsWith('targets/'))).toBe(true);
    expect((await openMedium(at())).layout.made).toBe(before.medium.layout.made + 16 * DAY);
    expect((await verify(at())).sound).toBe(true);
    if (name === 'stick.img') expect(statSync(at()).size).toBe(before.stat.size);
    const after = statSync(at());
    // As the repository is: nothing is written.
    expect((await renew(at(), store)).renewed).toEqual([]);
    expect(statSync(at())).toMatchObject({ ino: after.ino, mtimeMs: after.mtimeMs });
    expect([...filesBelow(folder.path).keys()]).toEqual([name]);
  });

  it('stays as it was where a payload on it is damaged, which is found by whoever looks', async () => {
    await create(at());
    const bytes = readFileSync(at());
    const place = bytes.indexOf(Buffer.from(linux(1).subarray(30_000, 30_100)));
    bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
    writeFileSync(at(), bytes);
    const { faults } = await verify(at());
    expect(faults.map(({ code, where }) => [code, where.replace(/[0-9a-f]{64}/, '')])).toEqual([
      ['media-damaged', 'targets/gateway/2.0.0/.linux'],
    ]);
    const error = await refusal(async () => renew(at(), await refreshed(16)));
    expect(error.code).toBe('media-damaged');
    expect(readFileSync(at()).equals(bytes)).toBe(true);
    expect([...filesBelow(folder.path).keys()]).toEqual([name]);
  });

  it('is not complete where it is cut, and no medium where it is something else', async () => {
    await create(at());
    writeFileSync(at(), readFileSync(at()).subarray(0, -700));
    expect((await refusal(() => openMedium(at()))).code).toBe('media-incomplete');
    writeFileSync(at(), noise(3, 5000));
    expect((await refusal(() => openMedium(at()))).code).toBe('media-missing');
    rmSync(at());
    expect((await refusal(() => openMedium(at()))).code).toBe('media-missing');
  });
});
