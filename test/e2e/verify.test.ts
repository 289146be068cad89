import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json/value.ts';
import { silent } from '../../src/core/progress.ts';
import { encodeChannel } from '../../src/repository/channel.ts';
import { directoryStore } from '../../src/storage/directory.ts';
import { type RepositoryReport, verifyRepository } from '../../src/verify/repository.ts';
import { ota, otaJson, temporaryFolder } from '../support/cli.ts';
import { serveFolder } from '../support/http.ts';
import { bundleAndSign, initProject, PASSPHRASE, writeVersion } from '../support/project.ts';
import { type ProjectKeys, Published, projectKeys } from '../support/published.ts';
import { name, version } from '../support/release.ts';

type Faulty = RepositoryReport & { readonly error?: { readonly code: string; readonly exitCode: number } };

let project: string;
/** Apart from the project, as what is in there has to be accepted by other clients. */
let damaged: string;
let keys: ProjectKeys;
let copies = 0;

beforeAll(async () => {
  [project, damaged] = [await temporaryFolder(), await temporaryFolder()];
  await initProject(project);
  for (const [release, counter] of [
    ['1.0.0', 1],
    ['1.1.0', 2],
  ] as const) {
    await writeVersion(project, release, counter);
    await otaJson(project, ['publish', await bundleAndSign(project, release), ...PASSPHRASE]);
  }
  keys = await projectKeys(project);
}, 120_000);

/** A copy of the repository, which is verified as sound before anything is done to it. */
async function honest(): Promise<Published> {
  copies += 1;
  const copy = new Published(join(project, 'repository'), join(damaged, `copy-${copies}`), keys);
  const report = await verifyRepository({
    store: directoryStore(copy.folder),
    rootBytes: copy.read('metadata/1.root.json'),
    now: Math.floor(Date.now() / 1000),
    quick: false,
    progress: silent,
  });
  expect(report).toMatchObject({ sound: true, faults: [], unchecked: [] });
  return copy;
}

const verify = (store: Published, options: readonly string[] = [], exitCode = 0): Promise<Faulty> =>
  otaJson<Faulty>(project, ['verify', '--store', store.folder, ...options], exitCode);

/** Requires exit code 4 and exactly these faults, as `code where`, each with something to do about it. */
async function faults(store: Published, expected: readonly string[], options: readonly string[] = []) {
  const report = await verify(store, options, 4);
  expect(report.faults.map(({ code, where }) => `${code} ${where}`).sort()).toEqual([...expected].sort());
  for (const { message, hint } of report.faults) {
    expect(message).not.toBe('');
    expect(hint).not.toBe('');
  }
  expect(report).toMatchObject({
    sound: false,
    error: { code: 'repository-faulty', exitCode: 4 },
    counts: { faults: expected.length },
  });
  return report;
}

describe('a repository as it was published', () => {
  test('is sound, and all of it is read', async () => {
    const report = await verify(await honest());
    expect(report.counts).toMatchObject({ roles: 6, releases: 2, channels: 1, deltas: 3, faults: 0 });
    expect(report.counts.objects).toBe(16);
    expect(report.counts.bytesRead).toBe(report.counts.bytes);
    expect(report.releases.map(({ version, signed }) => `${version} ${signed.length}`)).toEqual([
      '1.0.0 1',
      '1.1.0 1',
    ]);
    expect(report.channels).toEqual([{ product: 'gateway', channel: 'stable', release: '1.1.0' }]);
  });

  test('is shown to a person with roles, signers and expiry', async () => {
    const { stdout, stderr, exitCode } = await ota(project, ['verify']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/gateway\.channels +2 +[0-9a-f]{16} \(1 of 1 needed\) +\d{4}-\S+Z, in 36\d days/);
    expect(stdout).toContain('gateway: 2 releases (1.0.0 to 1.1.0; stable gives 1.1.0)');
    expect(stdout).toMatch(/^Sound: 6 roles, 2 releases, 1 channel, 3 deltas, 16 objects of /m);
  });

  test('is sound behind a web server, which cannot list it', async () => {
    const server = await serveFolder(join(project, 'repository'));
    try {
      const root = ['--root', 'trust/1.root.json'];
      const report = await otaJson<Faulty>(project, ['verify', '--store', server.url, ...root]);
      expect(report).toMatchObject({ sound: true, counts: { objects: 16 } });
      expect(report).not.toHaveProperty('unreferenced');
      const quick = await otaJson<Faulty>(project, ['verify', '--store', server.url, ...root, '--quick']);
      expect(quick.sound).toBe(true);
      expect(quick.counts.bytesRead).toBeLessThan(report.counts.bytesRead / 5);
    } finally {
      await server.close();
    }
  });
});

describe('what anyone who can write to the store may do', () => {
  test('a byte of a payload is flipped: seen by reading it, not by a quick look', async () => {
    const store = await honest();
    const payload = store.find('/1.0.0/', '.linux');
    store.flip(payload);
    await faults(store, [`digest-mismatch ${payload}`]);
    expect(await verify(store, ['--quick'])).toMatchObject({ sound: true, quick: true });
  });

  test.each([{ options: ['--quick'] }, { options: [] }])(
    'an object is cut short, another is missing $options',
    async ({ options }) => {
      const store = await honest();
      const [cut, gone] = [store.find('/1.0.0/', '.radio'), store.find('/1.0.0/', '.app')];
      store.write(cut, store.read(cut).subarray(1));
      store.remove(gone);
      await faults(store, [`length-mismatch ${cut}`, `target-missing ${gone}`], options);
    },
  );

  test('a role is replaced by an older one: what it alone vouches for cannot be checked', async () => {
    const store = await honest();
    store.write('metadata/2.gateway.json', store.read('metadata/1.gateway.json'));
    const report = await faults(store, ['length-mismatch metadata/2.gateway.json']);
    expect(report.unchecked).toEqual(['gateway']);
  });

  test('the timestamp is replaced by an older one: it is signed, and only a device that saw a newer one can tell', async () => {
    const store = await honest();
    const before = store.read('metadata/timestamp.json');
    await store.sign('snapshot', []);
    store.write('metadata/timestamp.json', before);
    expect((await verify(store)).sound).toBe(true);
  });

  test('an extra object is listed and is no fault', async () => {
    const store = await honest();
    store.write('targets/gateway/1.1.0/stray.bin', Buffer.from('stray'));
    const report = await verify(store);
    expect(report.unreferenced?.others).toContainEqual({ key: 'targets/gateway/1.1.0/stray.bin', length: 5 });
    expect(report.unreferenced?.superseded.map(({ key }) => key)).toContain('metadata/1.gateway.json');
  });

  test('many things at once are all reported, in order of their place', async () => {
    const store = await honest();
    const broken = [
      store.find('/1.0.0/', '.linux'),
      store.find('/1.1.0/', '.boot'),
      store.find('linux.from.'),
    ];
    for (const key of broken) store.flip(key);
    store.remove('metadata/1.root.json');
    const { stdout, exitCode } = await ota(project, ['verify', '--store', store.folder]);
    expect(exitCode).toBe(4);
    for (const key of [...broken, 'metadata/1.root.json']) expect(stdout).toContain(`✗ ${key}`);
    expect(stdout).toContain('Not sound, 4 faults');
    expect(stdout.match(/Next: /g)).toHaveLength(4);
  });
});

describe('what someone who holds a key may do', () => {
  test('a role is signed by another key', async () => {
    const store = await honest();
    await store.sign('gateway', [], keys.online);
    const report = await faults(store, ['threshold-unmet metadata/3.gateway.json']);
    expect(report.unchecked).toEqual(['gateway']);
  });

  test('an entry is missing in the snapshot', async () => {
    const store = await honest();
    await store.sign('snapshot', [[['meta', 'gateway.channels.json'], undefined]]);
    await faults(store, ['role-unlisted gateway.channels']);
  });

  test('a channel names a release that is not listed', async () => {
    const store = await honest();
    const path = 'gateway/channels/stable.json';
    const release = { version: version('9.9.9'), manifest: { length: 5, sha256: '0'.repeat(64) } };
    const document = encodeChannel({ product: name('gateway'), channel: name('stable'), release });
    await store.sign('gateway.channels', [[['targets', path], store.target(path, document)]]);
    await faults(store, [`target-missing ${path}`]);
  });

  test('a channel has devices pass through a release that is not listed', async () => {
    const store = await honest();
    const path = 'gateway/channels/stable.json';
    const listed = store.signed('gateway').targets as JsonObject;
    const { length, hashes } = listed['gateway/1.1.0/manifest.json'] as {
      length: number;
      hashes: { sha256: string };
    };
    const document = encodeChannel({
      product: name('gateway'),
      channel: name('stable'),
      release: { version: version('1.1.0'), manifest: { length, sha256: hashes.sha256 } },
      through: [{ version: version('9.9.9'), manifest: { length: 5, sha256: '0'.repeat(64) } }],
    });
    await store.sign('gateway.channels', [[['targets', path], store.target(path, document)]]);
    await faults(store, [`target-missing ${path}`]);
  });

  test('a delta is listed with another base than it has', async () => {
    const store = await honest();
    const targets = store.signed('gateway').targets as JsonObject;
    const app = Object.keys(targets).find((path) => path.includes('/app.from.')) ?? '';
    const other = store.read(store.find('radio.from.'));
    const said = { ...(targets[app] as JsonObject), ...store.target(app, other) };
    await store.sign('gateway', [[['targets', app], said]]);
    const [fault] = (await verify(store, [], 4)).faults;
    expect(fault).toMatchObject({ code: 'delta-wrong-base', where: expect.stringContaining('app.from.') });
  });

  test('the role says another counter than the manifest', async () => {
    const store = await honest();
    await store.sign('gateway', [[['targets', 'gateway/1.1.0/radio', 'custom', 'releaseCounter'], 7]]);
    const { faults: found } = await faults(store, ['release-inconsistent gateway/1.1.0/radio']);
    expect(found[0]?.message).toContain('releaseCounter');
  });

  test('the role lists what is not delegated to it', async () => {
    const store = await honest();
    const path = 'hub/1.0.0/radio';
    await store.sign('gateway', [[['targets', path], store.target(path, Buffer.from('radio'))]]);
    await faults(store, [`target-undelegated ${path}`]);
  });

  test('the signatures of a bundle are not those of its manifest', async () => {
    const store = await honest();
    const path = 'gateway/1.1.0/signatures.json';
    const other = store.read(store.find('/1.0.0/', '.signatures.json'));
    await store.sign('gateway', [[['targets', path], store.target(path, other)]]);
    await faults(store, [`signature-invalid ${path}`]);
  });
});

describe('time and place', () => {
  test('the timestamp and the snapshot will have expired: seen ahead', async () => {
    const store = await honest();
    const late = new Date(Date.now() + 40 * 86_400_000).toISOString().slice(0, 10);
    const report = await faults(
      store,
      ['role-expired metadata/2.snapshot.json', 'role-expired metadata/timestamp.json'],
      ['--at', late],
    );
    expect(report.at).toBe(`${late}T00:00:00Z`);
    expect(report.counts.bytesRead).toBe(report.counts.bytes);
  });

  test('the repository of another project', async () => {
    const other = await temporaryFolder();
    await initProject(other);
    const root = join(other, 'trust/1.root.json');
    const report = await faults(
      await honest(),
      ['root-differs metadata/1.root.json', 'threshold-unmet metadata/timestamp.json'],
      ['--root', root],
    );
    expect(report.unchecked).toEqual(['timestamp']);
  });

  test.each(['empty', 'missing'])('a folder that is %s has no repository', async (which) => {
    await mkdir(join(project, 'empty'), { recursive: true });
    const { error } = await otaJson<{ error: object }>(project, ['verify', '--store', `./${which}`], 6);
    expect(error).toMatchObject({ code: 'store-missing' });
  });

  test('a wrong address has none either, and one where nobody answers says so', async () => {
    const server = await serveFolder(join(project, 'repository'));
    const wrong = await otaJson<{ error: object }>(project, ['verify', '--store', `${server.url}/no`], 6);
    expect(wrong.error).toMatchObject({ code: 'store-missing' });
    await server.close();
    const silent = await otaJson<{ error: object }>(project, ['verify', '--store', server.url], 6);
    expect(silent.error).toMatchObject({ code: 'store-unreachable' });
  });
});

describe('as a device', () => {
  const device = ['verify', '--as-device', '--hardware', 'gw-a1'];

  test('that has the release before: deltas where there are some, and why not', async () => {
    const seen = await otaJson<{ components: { component: string; action: string }[] }>(project, [
      ...device,
      '--from',
      '1.0.0',
    ]);
    expect(seen).toMatchObject({ from: '1.0.0', to: '1.1.0', changed: true });
    expect(seen.components.map(({ component, action }) => `${component} ${action}`).sort()).toEqual([
      'app delta',
      'boot keep',
      'linux delta',
      'radio delta',
    ]);
    const { stdout } = await ota(project, device);
    expect(stdout).toContain('full payload: nothing is installed');
    expect(stdout).toContain('accepts gateway 1.1.0');
  });

  test('of other hardware, or of a channel that does not exist: refused as an update would be', async () => {
    const other = await otaJson<{ error: object }>(project, [...device.slice(0, 3), 'gw-z9'], 4);
    expect(other.error).toMatchObject({ code: 'hardware-mismatch' });
    const channel = await otaJson<{ error: object }>(project, [...device, '--channel', 'beta'], 4);
    expect(channel.error).toMatchObject({ code: 'channel-unlisted' });
  });
});

describe('a bundle by a root', () => {
  test('and the targets beside it, or those of the store; not by the root of another project', async () => {
    const bundle = ['verify', 'gateway-1.1.0.ota', '--root'];
    expect(await otaJson(project, [...bundle, 'trust/1.root.json'])).toMatchObject({ version: '1.1.0' });
    const alone = join(project, 'alone');
    await mkdir(alone);
    await cp(join(project, 'trust/1.root.json'), join(alone, 'root.json'));
    const missing = await otaJson<{ error: object }>(project, [...bundle, 'alone/root.json'], 3);
    expect(missing.error).toMatchObject({ code: 'input-missing' });
    const store = ['--store', './repository'];
    expect(await otaJson(project, [...bundle, 'alone/root.json', ...store])).toMatchObject({
      version: '1.1.0',
    });

    const other = await temporaryFolder();
    await initProject(other);
    const foreign = await otaJson<{ error: object }>(
      project,
      [...bundle, join(other, 'trust/1.root.json')],
      4,
    );
    expect(foreign.error).toMatchObject({ code: 'threshold-unmet' });
  });
});

describe('wrong usage is told apart', () => {
  test.each([
    [['verify', 'gateway-1.0.0.ota', '--quick']],
    [['verify', 'gateway-1.0.0.ota', '--store', './repository']],
    [['verify', '--hardware', 'gw-a1']],
    [['verify', '--as-device']],
    [['verify', '--key', 'keys/release.pub']],
  ])('%j', async (args) => {
    expect(await otaJson<{ error: object }>(project, args, 2)).toMatchObject({
      error: { code: 'usage-flag' },
    });
  });

  test('a date that is none', async () => {
    const { error } = await otaJson<{ error: object }>(project, ['verify', '--at', 'tomorrow'], 3);
    expect(error).toMatchObject({ code: 'date-invalid' });
  });
});
