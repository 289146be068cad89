import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { DAY } from '../../src/core/time.ts';
import { createKeyFiles } from '../../src/keys/locker.ts';
import { buildRoot, buildTargets, signRole } from '../../src/repository/build.ts';
import { productPattern } from '../../src/repository/layout.ts';
import { ota, otaJson, temporaryFolder } from '../support/cli.ts';
import { hubFirmware } from '../support/firmware.ts';
import { buildStandalone, offline } from '../support/offline.ts';
import { PRODUCT, seeded } from '../support/release.ts';
import { keysOf } from '../support/requests.ts';

const PASSPHRASE = 'correct horse battery staple';
const OFFICERS = ['ada', 'ben'] as const;
const SEEDS = { root: 20, ada: 11, ben: 12, online: 21 } as const;

interface Signed {
  readonly path: string;
  readonly code: string;
  readonly remembered?: string;
}

/** Machines are folders; what goes from one to another is copied by name. */
const home = await temporaryFolder();
const at = (...names: string[]): string => join(home, ...names);
const carry = (from: string, to: string, name: string): void => copyFileSync(at(from, name), at(to, name));
let tool = '';

const vault = (officer: string, ...args: readonly string[]) => offline(tool, at(officer), args);
const sign = (officer: string, version: string, ...more: readonly string[]) =>
  vault(
    officer,
    'sign',
    `gateway-${version}.request`,
    '--key',
    `${officer}.key.age`,
    '--passphrase-file',
    'passphrase.txt',
    '--confirm',
    `gateway ${version}`,
    ...more,
  );
const publish = (...args: readonly string[]) =>
  ota(at('office'), ['publish', ...args, '--passphrase-file', 'passphrase.txt', '--json']);
const answer = <T>({ stdout }: { stdout: string }): T => JSON.parse(stdout) as T;
const codeOf = (outcome: { stdout: string }): string =>
  answer<{ error: { code: string } }>(outcome).error.code;

/** A product whose releases two officers sign together; the office holds the online key alone. */
async function found(): Promise<void> {
  for (const machine of ['office', 'office/trust', 'office/build', ...OFFICERS]) mkdirSync(at(machine));
  for (const machine of ['office', ...OFFICERS]) writeFileSync(at(machine, 'passphrase.txt'), PASSPHRASE);
  const seed = (name: keyof typeof SEEDS) => new Uint8Array(32).fill(SEEDS[name]);
  for (const officer of OFFICERS) await createKeyFiles(at(officer), officer, seed(officer), PASSPHRASE);
  await createKeyFiles(at('office'), 'online', seed('online'), PASSPHRASE);

  const [root, online] = [seeded(SEEDS.root), seeded(SEEDS.online)];
  const release = OFFICERS.map((officer) => seeded(SEEDS[officer]));
  const expires = Math.floor(Date.now() / 1000) + 300 * DAY;
  const offlineKeys = keysOf([root]);
  const rootFile = await signRole(
    buildRoot({
      version: 1,
      expires,
      keys: [root.publicKey, online.publicKey],
      roles: {
        root: offlineKeys,
        targets: offlineKeys,
        snapshot: keysOf([online]),
        timestamp: keysOf([online]),
      },
    }),
    [root],
  );
  const targets = await signRole(
    buildTargets({
      version: 1,
      expires,
      targets: new Map(),
      delegations: {
        keys: new Map(release.map(({ publicKey }) => [publicKey.keyid, publicKey])),
        roles: [
          { name: 'gateway', ...keysOf(release, 2), terminating: true, paths: [productPattern(PRODUCT)] },
        ],
      },
    }),
    [root],
  );
  writeFileSync(at('office/trust/1.root.json'), rootFile.bytes);
  writeFileSync(at('office/trust/1.targets.json'), targets.bytes);
  // Each officer was given the root when they were made one.
  for (const officer of OFFICERS) copyFileSync(at('office/trust/1.root.json'), at(officer, '1.root.json'));
}

async function stage(version: string, which: 'old' | 'new'): Promise<void> {
  writeFileSync(at('office/build/app.bin'), hubFirmware(which, 'technichub'));
  writeFileSync(
    at('office/ota.yaml'),
    `product: gateway
version: ${version}
hardware: [gw-a1]
keys: [online.key.age]
store: ./repository
components:
  app:
    domain: app
    file: build/app.bin
    version: ${version}
    counter: 1
`,
  );
  await otaJson(at('office'), ['bundle']);
  await otaJson(at('office'), ['publish', `gateway-${version}.ota`, '--stage']);
  for (const officer of OFFICERS) carry('office', officer, `gateway-${version}.request`);
}

const device = () =>
  otaJson<{ to: string }>(at('office'), [
    'device',
    'update',
    'device',
    '--product',
    'gateway',
    '--hardware',
    'gw-a1',
    '--root',
    'trust/1.root.json',
  ]);

describe('two officers whose machines were never online, and an office', () => {
  beforeAll(async () => {
    tool = (await buildStandalone(home)).file;
    await found();
    await stage('1.0.0', 'old');
  }, 120_000);

  test('an officer asks for a root first, and is shown everything before it is confirmed', async () => {
    const without = await sign('ada', '1.0.0', '--json');
    expect([without.exitCode, codeOf(without)]).toEqual([4, 'root-missing']);
    const shown = await vault(
      'ada',
      'sign',
      'gateway-1.0.0.request',
      '--key',
      'ada.key.age',
      '--root',
      '1.root.json',
    );
    expect(shown.exitCode).toBe(2);
    expect(shown.stdout).toContain('gateway 1.0.0: a request to sign 2 documents');
    expect(shown.stderr).toContain('confirmation-missing');
    expect(readdirSync(at('ada')).filter((name) => /response|trusted/.test(name))).toEqual([]);
  });

  test('one signature is not enough, and the office is told whose is missing', async () => {
    const signed = answer<Signed>(await sign('ada', '1.0.0', '--root', '1.root.json', '--json'));
    expect(signed.remembered).toBe('trusted-root.json');
    carry('ada', 'office', signed.path);
    const outcome = await publish('gateway-1.0.0.request', signed.path);
    expect([outcome.exitCode, codeOf(outcome)]).toEqual([5, 'signatures-missing']);
    expect(outcome.stdout).toContain(seeded(SEEDS.ben).publicKey.keyid.slice(0, 16));
    expect(readdirSync(at('office/repository'))).toEqual(['targets']);
  });

  test('the other comes back as the text of a QR code, and a device takes the release', async () => {
    const { code } = answer<Signed>(await sign('ben', '1.0.0', '--root', '1.root.json', '--json'));
    writeFileSync(at('office/scanned.txt'), code.toLowerCase());
    await otaJson(at('office'), ['request', 'import', 'scanned.txt', '-o', 'ben.response']);
    const ada =
      readdirSync(at('office')).find(
        (name) => name.startsWith('gateway-1.0.0.') && name.endsWith('.response'),
      ) ?? '';
    const outcome = await publish('gateway-1.0.0.request', 'ben.response', ada, 'ben.response');
    expect([outcome.exitCode, outcome.stderr]).toEqual([0, '']);
    expect((await device()).to).toBe('1.0.0');
    expect(
      answer<{ changed: boolean }>(await publish('gateway-1.0.0.request', 'ben.response', ada)).changed,
    ).toBe(false);
  });

  test('the next release needs no root again, and a response for another request is refused', async () => {
    await stage('1.1.0', 'new');
    const [ada, ben] = [
      answer<Signed>(await sign('ada', '1.1.0', '--json')),
      answer<Signed>(await sign('ben', '1.1.0', '--json')),
    ];
    for (const [officer, { path }] of [
      ['ada', ada],
      ['ben', ben],
    ] as const)
      carry(officer, 'office', path);
    const foreign = await publish('gateway-1.1.0.request', ada.path, 'ben.response');
    expect([foreign.exitCode, codeOf(foreign)]).toEqual([4, 'response-foreign']);
    const shown = await ota(at('office'), ['request', 'show', 'gateway-1.1.0.request', ada.path]);
    expect(shown.stdout).toContain('1 of 2, not enough');
    expect((await publish('gateway-1.1.0.request', ada.path, ben.path)).exitCode).toBe(0);
    expect((await device()).to).toBe('1.1.0');
  });

  test('a request that was changed on its way, or follows another root, is signed by nobody', async () => {
    await stage('1.2.0', 'old');
    const path = at('ada', 'gateway-1.2.0.request');
    const honest = readFileSync(path, 'utf8');
    writeFileSync(path, honest.replaceAll('"version": "1.2.0"', '"version": "9.2.0"'));
    const changed = await sign('ada', '1.2.0', '--json');
    expect([changed.exitCode, codeOf(changed)]).toEqual([4, 'request-invalid']);
    writeFileSync(path, honest);
    const other = seeded(99);
    const root = buildRoot({
      version: 1,
      expires: 2_000_000_000,
      keys: [other.publicKey],
      roles: {
        root: keysOf([other]),
        targets: keysOf([other]),
        snapshot: keysOf([other]),
        timestamp: keysOf([other]),
      },
    });
    writeFileSync(at('ada/trusted-root.json'), (await signRole(root, [other])).bytes);
    const elsewhere = await sign('ada', '1.2.0', '--json');
    expect([elsewhere.exitCode, codeOf(elsewhere)]).toEqual([4, 'root-differs']);
    copyFileSync(at('ada/1.root.json'), at('ada/trusted-root.json'));
    expect((await sign('ada', '1.2.0', '--json')).exitCode).toBe(0);
  });
});
