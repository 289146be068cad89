import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../../../../src/core/bytes.ts';
import { seal } from '../../../../src/core/digest.ts';
import { silent } from '../../../../src/core/progress.ts';
import { DAY } from '../../../../src/core/time.ts';
import { parseMediaLayout } from '../../../../src/media/layout.ts';
import { type PageData, parsePageData } from '../../../../src/media/page/data.ts';
import type { VerifiedMedium } from '../../../../src/media/page/medium.ts';
import { isSameMedium } from '../../../../src/media/page/other-medium.ts';
import { pageParts } from '../../../../src/media/page/parts.ts';
import { saidBy } from '../../../../src/media/page/session.ts';
import { refreshMedium } from '../../../../src/media/refresh.ts';
import { refreshRepository } from '../../../../src/publish/refresh.ts';
import type { Trust } from '../../../../src/repository/trust.ts';
import { filesBelow, freshFolder, sharedFolder } from '../../../support/folder.ts';
import { NOW } from '../../../support/forge.ts';
import { makeMedium, mediaRequest, publishMediaRelease } from '../../../support/media.ts';
import { makeTrust, ONLINE } from '../../../support/release.ts';
import { WritableStore } from '../../../support/writable-store.ts';

const shared = sharedFolder();
const folder = freshFolder();
const store = new WritableStore();
let trust: Trust;

beforeAll(async () => {
  trust = await makeTrust();
  for (const release of ['1.0.0', '1.1.0', '2.0.0'] as const)
    await publishMediaRelease(shared, release, store, trust);
});

const make = async (bases: readonly string[]) =>
  makeMedium(mediaRequest({ bases }), { store, trust, path: folder.at('stick'), page: await pageParts() });

/** What the page that lies on the medium holds. */
function pageData(): PageData {
  const page = readFileSync(folder.at('stick', 'ota.html'), 'utf8');
  const text = /<script type="application\/json" id="data">([^<]*)<\/script>/.exec(page)?.[1];
  return parsePageData(utf8(text ?? ''));
}

async function said(): Promise<VerifiedMedium> {
  const found = await saidBy(pageData());
  return 'medium' in found ? found.medium : expect.fail(found.fault);
}

const list = () => parseMediaLayout(readFileSync(folder.at('stick', 'ota-media.json')), 'ota-media.json');

describe('the page that is made with a medium', () => {
  test.each([
    ['any device', []],
    ['one release', ['1.0.0']],
    ['several, the newest among them', ['1.0.0', '1.1.0', '2.0.0']],
  ])('for %s knows all of its files and lacks none', async (_, bases) => {
    await make(bases);
    const { expected, lacks, products } = await said();
    expect(lacks).toEqual([]);
    const files = filesBelow(folder.at('stick'));
    const there = [...files.keys()].filter((key) => !['ota-media.json', 'ota.html'].includes(key));
    expect(expected.map(({ key }) => key)).toEqual(there.sort());
    for (const { key, sha256 } of expected)
      expect(seal(files.get(key) ?? new Uint8Array()).sha256, key).toBe(sha256);
    expect(expected.filter(({ signed }) => !signed).map(({ key }) => key)).toEqual(['README.txt']);
    expect(isSameMedium(pageData().layout, list())).toBe(true);
    expect(list().files.map(({ key }) => key)).toContain('ota.html');
    const [product] = products;
    expect(product?.releases.map(({ version }) => version)).toEqual(['2.0.0']);
    const app = product?.releases[0]?.components.find(({ name }) => name === 'app-a');
    expect(app).toMatchObject({ hardware: ['gw-a1'], full: bases.length === 0 });
    expect(app?.deltas).toEqual(bases.filter((version) => version !== '2.0.0'));
  });

  test('is renewed with it', async () => {
    await make(['1.0.0']);
    const before = pageData();
    const now = NOW + 20 * DAY;
    const renewed = store.copy();
    await refreshRepository({
      store: renewed,
      trust,
      atHand: new Set([ONLINE.publicKey.keyid]),
      unlock: async () => [ONLINE],
      force: true,
      now,
      progress: silent,
    });
    const options = { path: folder.at('stick'), trust, now, progress: silent, page: await pageParts() };
    expect((await refreshMedium({ ...options, store: renewed })).renewed).toContain('ota.html');
    const { products, roles } = await said();
    expect(products[0]?.age.made).toBe(now);
    expect(roles.find(({ name }) => name === 'timestamp')?.version).toBeGreaterThan(
      JSON.parse(fromUtf8(before.files.get('metadata/timestamp.json') ?? new Uint8Array())).signed.version,
    );
    expect((await refreshMedium({ ...options, store: renewed })).renewed).toEqual([]);
  });
});
