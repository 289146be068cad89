import { describe, expect, it } from 'vitest';
import { fromUtf8 } from '../../../src/core/bytes.ts';
import { parseJson } from '../../../src/core/json/parse.ts';
import {
  buildRoot,
  buildSnapshot,
  buildTargets,
  buildTimestamp,
  signRole,
} from '../../../src/repository/build.ts';
import type { DelegatedRole, Targets } from '../../../src/repository/model.ts';
import { parseSnapshot, parseTimestamp } from '../../../src/repository/parse-meta.ts';
import { parseRoot } from '../../../src/repository/parse-root.ts';
import { parseTargets } from '../../../src/repository/parse-targets.ts';
import { verifyRole } from '../../../src/repository/verify.ts';
import { refusal } from '../../support/client.ts';
import { NOW } from '../../support/forge.ts';
import { signerNamed } from '../../support/signers.ts';

const [a, b] = [signerNamed('a'), signerNamed('b')];
const sha256 = 'ab'.repeat(32);
const byA = { keyids: [a.publicKey.keyid], threshold: 1 };
const byBoth = { keyids: [a.publicKey.keyid, b.publicKey.keyid].sort(), threshold: 2 };
const keys = new Map([a, b].map(({ publicKey }) => [publicKey.keyid, publicKey]));
const ROOT = {
  version: 3,
  expires: NOW,
  keys: [a.publicKey, b.publicKey],
  roles: { root: byBoth, targets: byA, snapshot: byA, timestamp: byA },
};

describe('what is built is what is read', () => {
  it('root', async () => {
    const { signed } = parseRoot((await signRole(buildRoot(ROOT), [a, b])).bytes, 'root.json');
    expect(signed).toEqual({ type: 'root', ...ROOT, keys, consistentSnapshot: true });
  });

  it('targets with custom fields and both kinds of delegation', async () => {
    const roles: DelegatedRole[] = [
      { name: 'gateway', ...byBoth, terminating: true, paths: ['gateway/*/*'] },
      { name: 'bins', ...byA, terminating: false, pathHashPrefixes: ['0', 'ff'] },
    ];
    const role: Omit<Targets, 'type'> = {
      version: 1,
      expires: NOW,
      targets: new Map([
        ['a/b', { length: 2 ** 40, sha256, custom: { ours: [1], theirs: null } }],
        ['c', { length: 0, sha256 }],
      ]),
      delegations: { keys, roles },
    };
    const { signed } = parseTargets((await signRole(buildTargets(role), [a])).bytes, 'targets.json');
    expect(signed).toEqual({ type: 'targets', ...role });
  });

  it('targets with succinct hash bins', async () => {
    const succinct = { ...byBoth, bitLength: 14, namePrefix: 'bin' };
    const role = { version: 1, expires: NOW, targets: new Map(), delegations: { keys, roles: [], succinct } };
    const { signed } = parseTargets((await signRole(buildTargets(role), [a])).bytes, 'targets.json');
    expect(signed).toEqual({ type: 'targets', ...role });
  });

  it('targets with keys of other types, and a target with a SHA-512 alone', async () => {
    const document = { keytype: 'other', scheme: 'other', keyval: {}, 'x-owner': 'someone' };
    const role: Omit<Targets, 'type'> = {
      version: 1,
      expires: NOW,
      targets: new Map(),
      sha512Targets: new Map([['a', { length: 1, sha512: 'ab'.repeat(64) }]]),
      delegations: { keys, otherKeys: new Map([['other', { keyid: 'other', document }]]), roles: [] },
    };
    const { signed } = parseTargets((await signRole(buildTargets(role), [a])).bytes, 'targets.json');
    expect(signed).toEqual({ type: 'targets', ...role });
  });

  it('targets with fields that are not ours, at every place', async () => {
    const unknown = { 'x-theirs': [1, { a: null }] };
    const role: Omit<Targets, 'type'> = {
      version: 1,
      expires: NOW,
      unknown,
      targets: new Map([['a', { length: 0, sha256, unknown }]]),
      delegations: {
        keys,
        unknown,
        roles: [{ name: 'gateway', ...byA, terminating: true, paths: ['gateway/*/*'], unknown }],
      },
    };
    const { signed } = parseTargets((await signRole(buildTargets(role), [a])).bytes, 'targets.json');
    expect(signed).toEqual({ type: 'targets', ...role });
  });

  it('snapshot', async () => {
    const meta = new Map([
      ['targets', { version: 1, length: 9, sha256 }],
      ['gateway.channels', { version: 2 }],
    ]);
    const { bytes } = await signRole(buildSnapshot({ version: 4, expires: NOW, meta }), [a]);
    expect(parseSnapshot(bytes, 'snapshot.json').signed).toEqual({
      type: 'snapshot',
      version: 4,
      expires: NOW,
      meta,
    });
  });

  it('timestamp', async () => {
    const snapshot = { version: 4, length: 9, sha256 };
    const { bytes } = await signRole(buildTimestamp({ version: 5, expires: NOW, snapshot }), [a]);
    expect(parseTimestamp(bytes, 'timestamp.json').signed).toEqual({
      type: 'timestamp',
      version: 5,
      expires: NOW,
      snapshot,
    });
  });
});

describe('signRole', () => {
  it('gives the same bytes whatever the order of signers, keys and entries, one signature a key', async () => {
    const one = await signRole(buildRoot(ROOT), [a, b]);
    const two = await signRole(buildRoot({ ...ROOT, keys: [b.publicKey, a.publicKey] }), [b, a, b]);
    expect(fromUtf8(two.bytes)).toBe(fromUtf8(one.bytes));
    expect(parseRoot(one.bytes, 'root.json').signatures).toHaveLength(2);
  });

  it('writes JSON that any parser reads, also where canonical JSON is none', async () => {
    const signed = { ...buildRoot(ROOT), note: 'two\nlines' };
    const { bytes } = await signRole(signed, [a, b]);
    expect(JSON.parse(fromUtf8(bytes))).toMatchObject({ signed: { note: 'two\nlines' } });
    const metadata = parseRoot(bytes, 'root.json');
    expect(metadata.document.note).toBe('two\nlines');
    verifyRole(metadata, keys, byBoth, 'root');
  });

  it('keeps a target called __proto__ a target', () => {
    const signed = buildTargets({
      version: 1,
      expires: NOW,
      targets: new Map([['__proto__', { length: 0, sha256 }]]),
    });
    expect(Object.keys(signed.targets ?? {})).toEqual(['__proto__']);
  });

  it('refuses to sign with no key', async () => {
    expect((await refusal(() => signRole(buildRoot(ROOT), []))).code).toBe('signatures-missing');
  });
});

it('mutating any byte of a signed file is refused or changes nothing that is signed', async () => {
  const { bytes } = await signRole(buildRoot(ROOT), [a, b]);
  const honest = parseJson(bytes);
  for (let at = 0; at < bytes.length; at += 1) {
    const other = Uint8Array.from(bytes);
    other[at] = (other[at] ?? 0) ^ 1;
    await expect(
      refusal(() => verifyRole(parseRoot(other, 'root.json'), keys, byBoth, 'root')),
      `byte ${at}`,
    ).resolves.toHaveProperty('exitCode', 4);
  }
  expect(parseJson(bytes)).toEqual(honest);
});
