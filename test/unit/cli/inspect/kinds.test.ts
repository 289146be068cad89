import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { beginProposal } from '../../../../src/ceremony/begin.ts';
import { encodeProposal } from '../../../../src/ceremony/format.ts';
import { inspectPath } from '../../../../src/cli/inspect/inspect.ts';
import { KINDS } from '../../../../src/cli/inspect/registry.ts';
import { appendLog } from '../../../../src/cli/log/append.ts';
import { createDeltaFile } from '../../../../src/delta/files.ts';
import { encodeDeviceFile, parseDeviceFile } from '../../../../src/device/device-file.ts';
import { createKeyFiles } from '../../../../src/keys/locker.ts';
import { encodeArchiveIndex, encodeArchivePage } from '../../../../src/repository/archive.ts';
import { encodeResponse } from '../../../../src/requests/response-text.ts';
import { directoryStore } from '../../../../src/storage/directory.ts';
import { refusal } from '../../../support/client.ts';
import { filesBelow, sharedFolder } from '../../../support/folder.ts';
import { NOW } from '../../../support/forge.ts';
import { releaseFile } from '../../../support/project.ts';
import {
  makeBundle,
  makeTrust,
  name,
  noise,
  patched,
  publishFile,
  update,
  version,
} from '../../../support/release.ts';
import { asFile, publishedChain, releaseRequest } from '../../../support/requests.ts';

const folder = sharedFolder();
const at = (...parts: readonly string[]) => join(folder, ...parts);
const write = (name: string, bytes: Uint8Array | string) => {
  writeFileSync(at(name), bytes);
  return at(name);
};
const inspect = (path: string) =>
  inspectPath(path, { now: NOW, verify: false, trust: async () => undefined });
const stored = (ending: string): string => {
  const found = [...filesBelow(at('store')).keys()].find((key) => key.endsWith(ending));
  return at('store', found ?? `nothing ends in ${ending}`);
};

beforeAll(async () => {
  const trust = await makeTrust();
  const image = noise(1, 3000);
  const bundle = await makeBundle(folder, {
    version: '1.0.0',
    components: { radio: { image } },
    notes: 'new',
  });
  const store = directoryStore(at('store'));
  await publishFile(bundle, { store, trust, scratch: at('scratch') });
  await update(at('device'), store, trust);
  write('old.bin', image);
  write('new.bin', patched(image, 7));
  await createDeltaFile(at('old.bin'), at('new.bin'), at('a.otad'), { exclusive: true });
  mkdirSync(at('keys'));
  await createKeyFiles(at('keys'), 'release', new Uint8Array(32).fill(3), 'a long passphrase', 'online');
  mkdirSync(at('trust'));
  write('trust/1.root.json', trust.roots[0] ?? '');
  write('trust/1.targets.json', trust.targetsBytes);
  await appendLog(
    at('log.jsonl'),
    { step: 'sign', what: 'root 3' },
    { by: 'ada@desk', tool: 'ota 0.1.0', at: '2026-01-01T00:00:00Z' },
  );
  write('ota.yaml', releaseFile('1.0.0'));
  const digest = { length: 5, sha256: 'c'.repeat(64) };
  const archived = { version: version('0.9.0'), sequence: 1, archived: NOW, time: 0 };
  write(
    'page.json',
    encodeArchivePage(name('gateway'), [{ ...archived, manifest: digest, signatures: digest }]),
  );
  const page = { first: version('0.9.0'), last: version('0.9.0'), count: 1, ...digest };
  const counters = new Map([[name('radio'), { counter: 3, release: version('0.9.0') }]]);
  write('archive.json', encodeArchiveIndex({ product: name('gateway'), counters, pages: [page] }));
  write('other.json', '{"hello": "world"}');
  write('bare.pem', '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEI\n-----END PRIVATE KEY-----\n');
  const sig = new Uint8Array(64).fill(1);
  const signatures = [{ keyid: 'b'.repeat(64), document: 0, sig }];
  const request = asFile(releaseRequest(await publishedChain()));
  write('a.request', request.sealed.bytes);
  write('a.proposal', encodeProposal(beginProposal(request.chain, NOW)));
  write('a.response', encodeResponse({ request: 'a'.repeat(64), signatures }));
});

const CASES: readonly (readonly [string, () => string, string])[] = [
  ['bundle', () => at('gateway-1.0.0.ota'), 'gateway 1.0.0, a bundle of '],
  ['manifest', () => stored('.manifest.json'), 'gateway 1.0.0, a manifest for gw-a1'],
  ['signatures', () => stored('.signatures.json'), 'The signatures of a bundle, 1 of them'],
  ['channel', () => stored('.stable.json'), 'Channel stable of gateway gives 1.0.0'],
  ['archive', () => at('archive.json'), 'The archive of gateway, 1 releases'],
  ['archive-page', () => at('page.json'), 'A page of an archive, 1 releases'],
  ['log', () => at('log.jsonl'), 'The log of what was done with keys'],
  ['delta', () => at('a.otad'), 'A delta of '],
  ['role', () => at('store/metadata/1.root.json'), 'root version 1, which keys count'],
  ['role', () => at('store/metadata/1.targets.json'), 'targets version 1, the top-level targets role'],
  ['role', () => at('store/metadata/1.gateway.json'), 'gateway version 1, a targets role: the releases of'],
  [
    'role',
    () => at('store/metadata/1.gateway.channels.json'),
    'gateway.channels version 1, a targets role: the channels',
  ],
  [
    'role',
    () => at('store/metadata/1.snapshot.json'),
    'snapshot version 1, which version of each role counts',
  ],
  ['role', () => at('store/metadata/timestamp.json'), 'timestamp version 1, which snapshot counts'],
  ['public-key', () => at('keys/release.pub'), 'A public key (Ed25519)'],
  [
    'private-key',
    () => at('keys/release.key.age'),
    'A private key, sealed by age with a passphrase (scrypt, 2^17)',
  ],
  ['private-key', () => at('bare.pem'), 'A private key that is not sealed'],
  ['request', () => at('a.request'), 'A signing request '],
  ['proposal', () => at('a.proposal'), 'A proposal of roles and keys, begun at 2026-01-01T00:00:00Z'],
  ['response', () => at('a.response'), 'A response to the signing request'],
  ['device', () => at('device/device.json'), 'A gw-a1 of gateway on stable, at 1.0.0'],
  ['device', () => at('device'), 'A gw-a1 of gateway on stable, at 1.0.0'],
  ['release-file', () => at('ota.yaml'), 'gateway 1.0.0, a release file for gw-a1'],
  ['repository', () => at('store'), 'A repository: '],
  ['repository', () => at('trust'), 'A folder of metadata: '],
  ['document', () => at('other.json'), '{'],
];

describe('every kind is known by its form', () => {
  test('there is a case of each that is registered', () => {
    expect(new Set(CASES.map(([kind]) => kind))).toEqual(new Set(KINDS.map(({ kind }) => kind)));
  });

  test.each(CASES)('%s, case %#', async (kind, path, first) => {
    const { found, lines } = await inspect(path());
    expect(found).toMatchObject({ kind, path: path() });
    expect(lines[0]).toContain(first);
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
    expect(lines.join('\n')).not.toContain('undefined');
  });

  test.each([
    ['an image', () => at('old.bin')],
    ['a folder of other things', () => at('keys')],
  ])('%s is none, and what is known is said', async (_, path) => {
    const error = await refusal(() => inspect(path()));
    expect(error).toMatchObject({
      code: 'input-unknown',
      hint: expect.stringContaining('a bundle, a delta'),
    });
  });
});

describe('what is said', () => {
  test('of a private key: its public key beside it, and nothing of what is in it', async () => {
    const { found, lines } = await inspect(at('keys/release.key.age'));
    expect(found).toMatchObject({ sealed: true, workFactor: 17, publicKey: { keyid: expect.any(String) } });
    expect(lines.join('\n')).toContain('it was not opened');
    const bare = await inspect(at('bare.pem'));
    expect(bare.found).toEqual({ kind: 'private-key', path: at('bare.pem'), sealed: false });
    expect(bare.lines.join('\n')).not.toContain('MC4C');
  });

  test('of a repository: the newest of each role, its products, channels and size', async () => {
    const { found, lines } = await inspect(at('store'));
    expect(found).toMatchObject({
      products: [
        { product: 'gateway', releases: ['1.0.0'], channels: [{ channel: 'stable', release: '1.0.0' }] },
      ],
      objects: filesBelow(at('store')).size,
      unreadable: [],
    });
    expect(lines).toContainEqual(
      expect.stringMatching(/ {2}gateway +1 {2}1 of 1 keys, 1 needed +2027-01-01T00:00:00Z, in 365 days/),
    );
  });

  test('of a device: what it trusts', async () => {
    expect((await inspect(at('device'))).found).toMatchObject({
      device: { product: 'gateway', release: '1.0.0', components: [{ component: 'radio', counter: 1 }] },
      trusts: { root: 1, timestamp: 1, snapshot: 1 },
    });
  });

  test('of a device in the middle of an update: what it is on its way to, and that it has to restart', async () => {
    const before = parseDeviceFile(readFileSync(at('device/device.json')), 'device.json');
    const [file] = [...before.components.values()].map(({ image }) => image);
    if (!file) throw new Error('nothing installed');
    const begun = {
      ...before,
      slots: new Map([[name('radio'), 4096]]),
      updating: {
        version: version('1.1.0'),
        manifest: file,
        files: new Map([[name('radio'), { action: 'full' as const, path: 'gateway/1.1.0/radio', ...file }]]),
      },
      restart: { after: [name('boot')], boot: 'a' },
    };
    write('begun.json', encodeDeviceFile(begun));
    const { found, lines } = await inspect(at('begun.json'));
    expect(JSON.parse(JSON.stringify(found))).toMatchObject({
      device: {
        slots: { radio: 4096 },
        updating: { version: '1.1.0', files: [{ component: 'radio', action: 'full' }] },
        restart: { after: ['boot'] },
      },
    });
    expect(lines).toContain('  1.1.0 is being installed');
    expect(lines).toContain('  has to restart for boot');
  });

  test('of a targets role: its targets and to whom it delegates what', async () => {
    const text = (await inspect(at('store/metadata/1.gateway.json'))).lines.join('\n');
    expect(text).toContain('gateway/1.0.0/extra_notes.md');
    expect(text).toMatch(
      /delegates gateway\/channels\/\* to gateway\.channels, terminating; signed by 1 of 1: [0-9a-f]{16}/,
    );
  });
});

describe('what a file says', () => {
  const EVIL = '\u001b]0;x\u0007\u009b2J\u202e';

  test.each([
    ['a role', { signed: { _type: EVIL, version: 1, expires: EVIL }, signatures: [{ keyid: EVIL }] }],
    [
      'a targets role',
      { signed: { _type: 'targets', version: 1, expires: EVIL, targets: {} }, signatures: [] },
    ],
    ['a document', { [EVIL]: [EVIL] }],
  ])('%s brings no control to the terminal', async (_, document) => {
    const { lines } = await inspect(write('evil.json', JSON.stringify(document)));
    const text = lines.join('\n').replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '');
    for (const line of text.split('\n')) expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    expect(text).toContain('\\u202e');
  });

  test('a document keeps its lines and its letters', async () => {
    const { lines } = await inspect(write('letters.json', '{"ä": "東京"}'));
    expect(lines).toEqual(['{', '  "ä": "東京"', '}']);
  });
});
