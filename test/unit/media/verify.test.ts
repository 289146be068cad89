import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { verificationLines } from '../../../src/cli/views/media-verify.ts';
import { sha256 } from '../../../src/core/digest.ts';
import { silent } from '../../../src/core/progress.ts';
import { DAY, type Seconds } from '../../../src/core/time.ts';
import { type Anchor, parseFingerprint } from '../../../src/media/anchor.ts';
import { MEDIA_FILE } from '../../../src/media/layout.ts';
import { WRITERS } from '../../../src/media/open-writer.ts';
import { openMedium } from '../../../src/media/store.ts';
import { verifyMedium } from '../../../src/media/verify.ts';
import { refusal } from '../../support/client.ts';
import { filesBelow, freshFolder, sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import { makeMedium, mediaRequest, publishMediaRelease } from '../../support/media.ts';
import { anchorOf, makeTrust, RELEASE, seeded } from '../../support/release.ts';
import { rotate } from '../../support/rotation.ts';
import { WritableStore } from '../../support/writable-store.ts';

vi.mock('../../../src/keys/ed25519.ts', async (original) => {
  const { memoized } = await import('../../support/memoized.ts');
  return memoized(await original());
});

const shared = sharedFolder();
const folder = freshFolder();
const first = await makeTrust();
/** With a second root, signed by the first. */
const trust = await rotate(first, { by: [RELEASE] });
const store = new WritableStore();
const root = (version: 1 | 2): Uint8Array => trust.roots[version - 1] as Uint8Array;

beforeAll(async () => {
  await publishMediaRelease(shared, '1.0.0', store, first);
  await publishMediaRelease(shared, '2.0.0', store, first);
  store.objects.set('metadata/2.root.json', root(2));
  await makeMedium(mediaRequest(), { store, trust: first, path: join(shared, 'stick') });
});
beforeEach(() => cpSync(join(shared, 'stick'), folder.at('stick'), { recursive: true }));

const verify = async (
  anchor: Anchor = { roots: [anchorOf(first)] },
  { now = NOW, path = folder.at('stick') }: { readonly now?: Seconds; readonly path?: string } = {},
) => verifyMedium({ medium: await openMedium(path), anchor, now, progress: silent });
const faults = async (...args: Parameters<typeof verify>) =>
  (await verify(...args)).faults.map(({ code, where }) => [code, where]);
const keyOf = (end: string): string =>
  [...filesBelow(folder.at('stick')).keys()].find((key) => key.endsWith(end)) ?? '';
const flip = (key: string): void => {
  const bytes = readFileSync(folder.at('stick', key));
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  writeFileSync(folder.at('stick', key), bytes);
};
const editList = (
  edit: (list: { files: { key: string; sha256: string; length: number }[] }) => void,
): void => {
  const list = JSON.parse(readFileSync(folder.at('stick', MEDIA_FILE), 'utf8'));
  edit(list);
  writeFileSync(folder.at('stick', MEDIA_FILE), JSON.stringify(list));
};

describe('a medium that is checked', () => {
  it('is sound by any root that is trusted, and says what it is for', async () => {
    for (const anchor of [
      { roots: [root(1)] },
      { roots: [root(1), root(2)] },
      { roots: [root(2)] },
      { fingerprint: sha256(root(1)) },
      { fingerprint: sha256(root(2)) },
    ]) {
      const report = await verify(anchor);
      expect(report).toMatchObject({ sound: true, faults: [], extra: [], roots: { first: 1, last: 2 } });
      expect(report.products).toMatchObject([
        {
          product: 'gateway',
          full: true,
          until: new Date((NOW + 30 * DAY) * 1000).toISOString().replace('.000', ''),
        },
      ]);
    }
    expect(verificationLines(await verify(), 1.5).join('\n')).toContain('roots 1 to 2; read in 1.5 s');
  });

  it.each(['image', 'archive'] as const)('may be an %s', async (kind) => {
    const path = folder.at(`medium.${kind}`);
    await makeMedium(mediaRequest({ bases: ['1.0.0'] }), { store, trust: first, path, write: WRITERS[kind] });
    expect(await verify(undefined, { path })).toMatchObject({ sound: true, extra: [] });
    await expect(
      makeMedium(mediaRequest(), { store, trust: first, path, write: WRITERS[kind] }),
    ).rejects.toMatchObject({ code: 'output-exists' });
  });

  it('may end before the trusted root, whose keys still sign what is on it', async () => {
    const third = await rotate(trust, { by: [RELEASE] });
    expect(await verify({ roots: third.roots })).toMatchObject({ sound: true, roots: { last: 2 } });
    const foreign = await rotate(trust, { by: [RELEASE], timestamp: { signers: [seeded(9)] } });
    expect(await faults({ roots: foreign.roots })).toEqual([['threshold-unmet', 'metadata/timestamp.json']]);
  });

  it('is of another maker where its roots are others, or the fingerprint is not of one of them', async () => {
    const other = await makeTrust(seeded(7), seeded(8));
    expect(await faults({ roots: other.roots })).toEqual([['media-foreign', 'metadata']]);
    expect(await faults({ fingerprint: 'ab'.repeat(32) })).toEqual([['media-foreign', 'metadata']]);
    const hex = sha256(root(1)).toUpperCase();
    expect(parseFingerprint(` ${hex.slice(0, 32)}: ${hex.slice(32)}\n`)).toBe(sha256(root(1)));
    expect((await refusal(() => parseFingerprint('abc'))).code).toBe('usage-flag');
  });

  it('names each file that is changed, cut short or missing, and goes on', async () => {
    const [linux, radio, app] = [keyOf('.linux'), keyOf('.radio'), keyOf('.app-a')];
    flip(linux);
    writeFileSync(folder.at('stick', radio), readFileSync(folder.at('stick', radio)).subarray(0, 100));
    rmSync(folder.at('stick', app));
    flip('README.txt');
    expect(await faults()).toEqual([
      ['media-damaged', 'README.txt'],
      ['media-incomplete', app],
      ['media-damaged', linux],
      ['media-incomplete', radio],
    ]);
    const lines = verificationLines(await verify(), 1).join('\n');
    expect(lines).toContain('4 faults');
    expect(lines).toContain('copy it again');
  });

  it('names metadata that is changed, after which nothing on it is trusted', async () => {
    flip('metadata/timestamp.json');
    const report = await verify();
    expect(report.faults.map(({ where }) => where)).toContain('metadata/timestamp.json');
    expect(report).toMatchObject({ sound: false, products: [] });
  });

  it('is no better than what is signed, whatever its list says', async () => {
    const linux = keyOf('.linux');
    flip(linux);
    editList(({ files }) => {
      const file = files.find(({ key }) => key === linux);
      if (file) file.sha256 = sha256(readFileSync(folder.at('stick', linux)));
    });
    expect(await faults()).toEqual([['media-damaged', linux]]);
  });

  it('has nothing that nobody vouches for, and not less than it says', async () => {
    writeFileSync(folder.at('stick', 'targets', 'evil'), 'evil');
    expect((await verify()).extra).toEqual(['targets/evil']);
    const linux = keyOf('.linux');
    editList(({ files }) => {
      files.push({ key: 'targets/evil', length: 4, sha256: sha256(Buffer.from('evil')) });
      files.splice(
        files.findIndex(({ key }) => key === linux),
        1,
      );
    });
    expect(await faults()).toEqual([
      ['media-incomplete', 'gateway/2.0.0/linux'],
      ['media-foreign', 'targets/evil'],
    ]);
  });

  it('says since when devices take it no longer', async () => {
    expect(await faults(undefined, { now: NOW + 31 * DAY })).toEqual([['media-expired', 'gateway']]);
    expect(await faults(undefined, { now: NOW + 29 * DAY })).toEqual([]);
  });
});
