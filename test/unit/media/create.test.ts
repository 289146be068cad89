import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Name } from '../../../src/core/names.ts';
import { DAY } from '../../../src/core/time.ts';
import type { CreateOptions } from '../../../src/media/create.ts';
import { MEDIA_FILE } from '../../../src/media/layout.ts';
import type { SliceRequest } from '../../../src/media/slice.ts';
import { openMedium } from '../../../src/media/store.ts';
import { buildTargets, signRole } from '../../../src/repository/build.ts';
import type { Delegations } from '../../../src/repository/model.ts';
import { parseTargets } from '../../../src/repository/parse-targets.ts';
import type { Trust } from '../../../src/repository/trust.ts';
import { changeChannel, promotion } from '../../support/channels.ts';
import { refusal } from '../../support/client.ts';
import { filesBelow, freshFolder, sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import {
  MEDIA_VERSIONS,
  makeMedium,
  mediaImages,
  mediaRequest,
  OTHER_HARDWARE,
  publishMediaRelease,
} from '../../support/media.ts';
import {
  anchorOf,
  HARDWARE,
  makeBundle,
  makeTrust,
  name,
  noise,
  PRODUCT,
  publishUnseen,
  RELEASE,
  STABLE,
  update,
  version,
} from '../../support/release.ts';
import { clientFolder, tufJs } from '../../support/tuf-js.ts';
import { wayRelease } from '../../support/ways.ts';
import { WritableStore } from '../../support/writable-store.ts';

vi.mock('../../../src/keys/ed25519.ts', async (original) => {
  const { memoized } = await import('../../support/memoized.ts');
  return memoized(await original());
});

const OTHER = OTHER_HARDWARE;
const shared = sharedFolder();
const folder = freshFolder();
const trust = await makeTrust();
const store = new WritableStore();
const SENSOR = name('sensor');

/** A trust of several products, with the same keys. */
async function trustFor(...products: readonly Name[]): Promise<Trust> {
  const first = parseTargets(trust.targetsBytes, 'targets').signed;
  const [role] = first.delegations?.roles ?? [];
  const keys = first.delegations?.keys;
  if (!role || !keys) throw new Error('the trust has a product');
  const roles = products.map((product) => ({ ...role, name: product, paths: [`${product}/*/*`] }));
  const signed = buildTargets({ ...first, delegations: { keys, roles } as Delegations });
  return { ...trust, targetsBytes: (await signRole(signed, [RELEASE])).bytes };
}

/** 3.0.0 can be installed over 2.0.0 alone, which is kept for that; 1.0.0 is archived. */
const ways = new WritableStore();

beforeAll(async () => {
  const scratch = join(shared, 'scratch');
  for (const release of MEDIA_VERSIONS) {
    await publishMediaRelease(shared, release, store, trust);
    for (const hardware of [HARDWARE, OTHER])
      await update(join(shared, `device-${hardware}-${release}`), store, trust, { hardware });
  }
  for (const release of ['1.0.0', '2.0.0', '3.0.0'] as const) {
    const path = await makeBundle(join(shared, 'ways'), wayRelease(release));
    const keep = { releases: 1, versions: [version('1.0.0'), version('2.0.0')] };
    await publishUnseen(path, { store: ways, trust, scratch, keep });
    await update(join(shared, `device-ways-${release}`), ways, trust);
  }
});

const request = mediaRequest;
const create = (requests: SliceRequest, options: Partial<CreateOptions> = {}) =>
  makeMedium(requests, { store, trust, path: folder.at('stick'), ...options });

/** Updates a copy of a device from the medium alone; gives what it did with each component. */
async function updated(device: string, hardware = HARDWARE): Promise<Record<string, string>> {
  const copy = folder.at(device);
  cpSync(join(shared, device), copy, { recursive: true });
  const { store: medium } = await openMedium(folder.at('stick'));
  const report = await update(copy, medium, trust, { hardware });
  rmSync(copy, { recursive: true });
  return Object.fromEntries([
    ['to', report.to],
    ...report.components.map(({ component, action }) => [component, action]),
  ]);
}
const names = () => [...filesBelow(folder.at('stick')).keys()];
const targets = () =>
  names()
    .filter((key) => key.startsWith('targets/') && !key.endsWith('.json'))
    .map((key) => key.replace(/^targets\//, '').replace(/[0-9a-f]{64}\./, ''))
    .map((key) => key.replace(/\.from\.[0-9a-f]{16}\./, ' from '))
    .sort();

describe('a medium', () => {
  it('has for any device all payloads in full, and stock TUF clients read it', async () => {
    const report = await create(request());
    expect(targets()).toEqual(
      ['app-a', 'app-b', 'boot', 'linux', 'radio'].map((item) => `gateway/2.0.0/${item}`),
    );
    const bytes = [...filesBelow(folder.at('stick')).values()].reduce((sum, { length }) => sum + length, 0);
    expect(report).toMatchObject({ bytes, files: names().length, written: { written: bytes, kept: 0 } });
    expect(names()).toEqual(expect.arrayContaining([MEDIA_FILE, 'README.txt', 'metadata/1.root.json']));
    const { store: medium } = await openMedium(folder.at('stick'));
    await update(folder.at('new'), medium, trust, { hardware: OTHER });
    expect(filesBelow(folder.at('new', 'slots')).get('app-b')).toEqual(
      Buffer.from(mediaImages('2.0.0')['app-b'] ?? []),
    );
    const client = tufJs(medium, clientFolder(anchorOf(trust)), NOW);
    await client.refresh();
    const target = await client.getTargetInfo('gateway/2.0.0/linux');
    expect(target && readFileSync(await client.downloadTarget(target))).toEqual(
      Buffer.from(mediaImages('2.0.0').linux ?? []),
    );
  });

  it('has deltas alone from releases that are named, for the hardware that is', async () => {
    await create(request({ bases: ['1.0.0', '1.1.0'], hardware: [OTHER] }));
    expect(targets()).toEqual(
      ['app-b', 'linux', 'radio'].flatMap((item) =>
        Array.from({ length: 2 }, () => `gateway/2.0.0/${item} from otad`),
      ),
    );
    for (const base of ['1.0.0', '1.1.0']) {
      expect(await updated(`device-${OTHER}-${base}`, OTHER)).toEqual({
        to: '2.0.0',
        boot: 'keep',
        linux: 'delta',
        radio: 'delta',
        'app-b': 'delta',
      });
    }
    const { layout } = await openMedium(folder.at('stick'));
    expect(layout.for).toEqual([
      {
        product: PRODUCT,
        channels: [STABLE],
        hardware: [OTHER],
        from: ['1.0.0', '1.1.0'],
        full: false,
        releases: [{ channel: STABLE, version: '2.0.0' }],
      },
    ]);
  });

  it('has payloads beside the deltas where that is asked for, and where no delta is in a format that is read', async () => {
    await create(request({ bases: ['1.1.0'], hardware: [HARDWARE], full: true }));
    expect(targets()).toEqual(
      ['app-a', 'app-a from otad', 'boot', 'linux', 'linux from otad', 'radio', 'radio from otad'].map(
        (item) => `gateway/2.0.0/${item}`,
      ),
    );
    const formats = ['vcdiff'] as const;
    const writing = { replace: true };
    await create(request({ bases: ['1.1.0'], hardware: [HARDWARE], formats }), { writing });
    expect(targets()).toEqual(['app-a', 'linux', 'radio'].map((item) => `gateway/2.0.0/${item}`));
  });

  it('has the releases that devices pass through, those whose base is archived too', async () => {
    await create(request({ bases: ['1.0.0'] }), { store: ways });
    expect(targets()).toEqual([
      'gateway/2.0.0/boot from otad',
      'gateway/2.0.0/linux from otad',
      'gateway/3.0.0/boot from otad',
      'gateway/3.0.0/linux from otad',
    ]);
    expect((await updated('device-ways-1.0.0')).to).toBe('3.0.0');
    const writing = { replace: true };
    await create(request(), { store: ways, writing });
    expect(targets()).toHaveLength(4);
    expect((await updated('device-ways-1.0.0')).to).toBe('3.0.0');
  });

  it('has nothing for devices that are there already, and says so of those that are ahead', async () => {
    const { products } = await create(request({ bases: ['2.0.0'] }));
    expect(targets()).toEqual([]);
    expect(products[0]?.ahead).toEqual([]);
    expect((await updated(`device-${HARDWARE}-2.0.0`)).to).toBe('2.0.0');
  });

  it('says which devices are ahead of what a channel gives out', async () => {
    const older = store.copy();
    const lab = name('lab');
    await changeChannel({ store: older, trust }, 'lab', { kind: 'create', to: '1.1.0' });
    const report = await create(request({ channels: [lab], bases: ['1.0.0', '2.0.0'] }), { store: older });
    expect(report.products[0]).toMatchObject({
      releases: [{ channel: 'lab', version: '1.1.0' }],
      ahead: [{ channel: 'lab', version: '2.0.0' }],
    });
    expect(targets()).toEqual(
      ['app-a', 'app-b', 'linux', 'radio'].map((item) => `gateway/1.1.0/${item} from otad`),
    );
  });

  it('has both releases while a rollout lasts, the earlier one while it stands, and the way from one to the other', async () => {
    const rolling = store.copy();
    const slow = request({ channels: [name('slow')], bases: ['1.0.0'], hardware: [HARDWARE] });
    await changeChannel({ store: rolling, trust }, 'slow', { kind: 'create', to: '1.1.0' });
    await changeChannel(
      { store: rolling, trust },
      'slow',
      promotion('2.0.0', { steps: [{ at: NOW + 1000, percent: 100 }] }),
    );
    const bases = (release: string) =>
      targets().filter((key) => key.startsWith(`gateway/${release}/linux from`));
    await create(slow, { store: rolling });
    expect([bases('1.1.0').length, bases('2.0.0').length]).toEqual([1, 2]);
    const writing = { replace: true };
    await create(slow, { store: rolling, writing, now: NOW + 2000 });
    expect([bases('1.1.0').length, bases('2.0.0').length]).toEqual([0, 1]);
    await changeChannel({ store: rolling, trust }, 'slow', { kind: 'pause' });
    await create(slow, { store: rolling, writing });
    expect([bases('1.1.0').length, bases('2.0.0').length]).toEqual([1, 0]);
  });

  it('leads from a release that was archived', async () => {
    const archive = new WritableStore();
    for (const release of MEDIA_VERSIONS)
      await publishMediaRelease(shared, release, archive, trust, { keep: { releases: 1, versions: [] } });
    await create(request({ bases: ['1.0.0'], hardware: [HARDWARE] }), { store: archive });
    expect((await updated(`device-${HARDWARE}-1.0.0`)).to).toBe('2.0.0');
  });

  it('may be for several products, each with its own releases, and for one of them is smaller', async () => {
    const two = new WritableStore();
    const both = await trustFor(PRODUCT, SENSOR);
    await publishMediaRelease(shared, '1.0.0', two, both);
    await publishMediaRelease(shared, '1.1.0', two, both);
    const path = await makeBundle(shared, {
      product: SENSOR,
      version: '7.0.0',
      components: { probe: { image: noise(9, 700) } },
    });
    await publishUnseen(path, { store: two, trust: both, scratch: join(shared, 'scratch') });
    const requests = [request({ product: SENSOR }), request({ bases: ['1.0.0'] })];
    const report = await create(request(), { store: two, trust: both, requests });
    expect(report.products.map(({ product, full }) => [product, full])).toEqual([
      ['gateway', false],
      ['sensor', true],
    ]);
    expect(targets().filter((key) => !key.includes(' from '))).toEqual(['sensor/7.0.0/probe']);
    const { store: medium } = await openMedium(folder.at('stick'));
    await update(folder.at('probe'), medium, both, { product: SENSOR });
    expect([...filesBelow(folder.at('probe', 'slots')).keys()]).toEqual(['probe']);
    const limited = await refusal(() =>
      create(request(), { store: two, trust: both, requests, limit: 1000, writing: { replace: true } }),
    );
    expect(limited.hint).toContain('less without product sensor.');
    await create(request(), {
      store: two,
      trust: both,
      requests: requests.slice(0, 1),
      writing: { replace: true },
    });
    expect(names()).not.toContain('metadata/2.gateway.json');
  });

  it('is refused where devices cannot get there, do not exist, or have another channel', async () => {
    const refused = async (...args: Parameters<typeof create>) => (await refusal(() => create(...args))).code;
    expect(await refused(request({ bases: ['9.9.9'] }))).toBe('target-missing');
    expect(await refused(request({ hardware: [name('gw-z9')] }))).toBe('hardware-mismatch');
    expect(await refused(request({ channels: [name('beta')] }))).toBe('channel-unlisted');
    expect(await refused(request(), { store: new WritableStore() })).toBe('store-missing');
    expect(filesBelow(folder.at('stick'))).toEqual(new Map());
  });

  it('is planned alone, and refused over its limit with what takes how much and what would help', async () => {
    const all = request({ bases: ['1.0.0', '1.1.0'], full: true });
    const { shares, written } = await create(all, { dryRun: true });
    expect(written).toBeUndefined();
    expect(shares[0]).toMatchObject({ what: 'metadata and documents' });
    expect(shares[1]).toEqual({ what: 'gateway linux, in full', files: 1, bytes: 9000 });
    const error = await refusal(() => create(all, { limit: 10_000 }));
    expect(error).toMatchObject({ code: 'media-too-large', exitCode: 3 });
    expect(error.faults[1]).toEqual({ where: 'gateway linux, in full', message: '8.8 KiB in 1 file' });
    expect(error.hint).toContain('19.5 KiB less without --full.');
    expect(error.hint).toMatch(/B less without hardware gw-b2\./);
    expect(error.hint).toMatch(/B less without devices that have gateway 1\.0\.0\./);
    expect((await refusal(() => create(request(), { limit: 10_000 }))).hint).toContain('with --from');
    expect(filesBelow(folder.at('stick'))).toEqual(new Map());
  });

  it('is gone on with by the same command, and made anew only where something changed', async () => {
    let streams = 0;
    const cut = store.copy();
    cut.fate = (_, kind) => (kind === 'stream' && ++streams > 7 ? 'fail' : 'do');
    await expect(create(request(), { store: cut })).rejects.toThrow('stream');
    expect(names()).not.toContain(MEDIA_FILE);
    const { written, bytes } = await create(request());
    expect(written?.kept).toBeGreaterThan(0);
    expect((written?.kept ?? 0) + (written?.written ?? 0)).toBe(bytes);
    const again = await create(request());
    expect(again.written?.written).toBeLessThan(5000);
    expect(await refusal(() => create(request({ bases: ['1.0.0'] })))).toMatchObject({
      code: 'output-exists',
    });
    writeFileSync(folder.at('stick', 'metadata', '1.root.json'), 'X');
    expect((await create(request())).written?.written).toBeGreaterThan(again.written?.written ?? 0);
  });

  it('is refused where a payload in the store is another one', async () => {
    const bad = store.copy();
    const key = bad.keys('targets/gateway/2.0.0/').find((item) => item.endsWith('.linux')) ?? '';
    bad.objects.set(key, Buffer.alloc(9000));
    expect(await refusal(() => create(request(), { store: bad }))).toMatchObject({ code: 'digest-mismatch' });
    expect(names()).not.toContain(MEDIA_FILE);
  });

  it('is refused where it would not last, with everyone who has to sign, unless it is made all the same', async () => {
    const error = await refusal(() => create(request(), { validFor: 548 }));
    expect(error).toMatchObject({ code: 'role-expiring', exitCode: 4 });
    expect(error.faults.map(({ where }) => where)).toEqual([
      'snapshot',
      'timestamp',
      'gateway',
      'gateway.channels',
    ]);
    expect(error.faults[0]?.message).toMatch(/^expires at .*: to be signed by 1 of [0-9a-f]{16}$/);
    expect((await create(request(), { validFor: 548, force: true })).products[0]?.until).toBe(
      new Date((NOW + 30 * DAY) * 1000).toISOString().replace('.000', ''),
    );
    expect((await create(request(), { validFor: 29 })).products).toHaveLength(1);
  });
});
