import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { seal } from '../../../src/core/digest.ts';
import type { JsonValue } from '../../../src/core/json/value.ts';
import { DAY } from '../../../src/core/time.ts';
import { encodeArchiveIndex } from '../../../src/repository/archive.ts';
import { signRole } from '../../../src/repository/build.ts';
import type { RequestContent } from '../../../src/requests/model.ts';
import { type Review, reviewRequest } from '../../../src/requests/review.ts';
import { refusal } from '../../support/client.ts';
import { keysObject, NOW } from '../../support/forge.ts';
import { editedObject, type Path } from '../../support/json-edit.ts';
import { name, PRODUCT } from '../../support/release.ts';
import {
  asFile,
  editRole,
  FIRST,
  listingOf,
  manifestDocument,
  manifestOf,
  OFFICERS,
  ONLINE_KEY,
  productDocument,
  publishedChain,
  RELEASE_OFFICERS,
  releaseRequest,
  role,
  rootDocument,
  SECOND,
  targetsDocument,
  withCounter,
} from '../../support/requests.ts';
import { signerNamed } from '../../support/signers.ts';

const published = await publishedChain();
const anchor = published.root.bytes;
const review = (content: RequestContent, root: Uint8Array | undefined = anchor, now = NOW): Review =>
  reviewRequest(asFile(content), root, now);
const refused = (content: RequestContent, root?: Uint8Array, now?: number) =>
  refusal(() => review(content, root ?? anchor, now));
const changesOf = (found: Review, document: string) =>
  (found.documents.find((item) => item.name === document)?.changes ?? []).map(
    ({ what, subject, from, to, warning }) => [what, subject, from, to, warning !== undefined] as const,
  );
const honest = releaseRequest(published);
const NEW = signerNamed('dora');

describe('a release', () => {
  it('is understood from its documents', () => {
    const found = review(honest);
    expect(found).toMatchObject({
      title: 'gateway 1.1.0',
      root: { version: 1 },
      channel: 'stable',
      changes: [],
    });
    expect(found.documents.map((item) => item.name)).toEqual(['gateway', 'manifest of gateway 1.1.0']);
    for (const { quorums } of found.documents) {
      expect(quorums).toMatchObject([{ by: 'targets 1', threshold: 2 }]);
      expect([...(quorums[0]?.keys.keys() ?? [])].sort()).toEqual(
        RELEASE_OFFICERS.map(({ publicKey }) => publicKey.keyid).sort(),
      );
    }
    expect(changesOf(found, 'gateway')).toEqual([
      ['version', 'gateway', '1', '2', false],
      ['expires', 'gateway', expect.any(String), expect.any(String), false],
      ['release-added', 'gateway 1.1.0', undefined, undefined, false],
    ]);
    const { release } = found.documents[1] ?? {};
    expect(release).toMatchObject({ previous: '1.0.0', manifest: SECOND });
    expect(release?.deltas.map(({ component, from }) => [component, from])).toEqual([
      ['linux', '1.0.0'],
      ['radio', '1.0.0'],
    ]);
  });

  it('marks what somebody in haste must not miss', () => {
    const manifest = {
      ...withCounter(manifestOf('1.1.0'), 2),
      hardware: [name('gw-b2')],
    };
    const found = review(releaseRequest(published, { manifest, at: 9, listing: listingOf(manifest, 9) }));
    expect(changesOf(found, 'gateway')).toContainEqual(['version', 'gateway', '1', '9', true]);
    expect(changesOf(found, 'manifest of gateway 1.1.0').filter(([, , , , warned]) => warned)).toEqual([
      ['hardware-added', 'gw-b2', undefined, undefined, true],
      ['hardware-removed', 'gw-a1', undefined, undefined, true],
      ['counter', 'linux', '3', '2', true],
      ['counter', 'radio', '1', '2', true],
    ]);
  });

  it('says what is taken away or altered of what is published', () => {
    const listing = listingOf(SECOND, 2);
    const altered = new Map([...listingOf(FIRST, 1), ...listing]);
    altered.set('gateway/1.0.0/radio', { length: 1, sha256: 'ab'.repeat(32) });
    altered.delete('gateway/1.0.0/linux');
    const documents = [role('gateway', productDocument(2, altered)), manifestDocument(SECOND)];
    const changes = changesOf(review({ ...honest, documents }), 'gateway');
    expect(changes).toContainEqual(['file-removed', 'gateway/1.0.0/linux', undefined, undefined, true]);
    expect(changes.find(([what]) => what === 'file-changed')).toMatchObject([
      'file-changed',
      'gateway/1.0.0/radio',
      expect.any(String),
      expect.any(String),
      true,
    ]);
    const gone = [role('gateway', productDocument(2, listing)), manifestDocument(SECOND)];
    expect(changesOf(review({ ...honest, documents: gone }), 'gateway')).toContainEqual([
      'release-removed',
      'gateway 1.0.0',
      undefined,
      undefined,
      false,
    ]);
  });
});

describe('fields of other tools', () => {
  const unknown = { 'x-note': 'of another tool' };
  const inTarget: Path = ['targets', 'gateway/1.1.0/radio', 'x-note'];
  const inRole: Path = ['delegations', 'roles', 0, 'x-note'];

  it.each<readonly [string, Path]>([
    ['the role', ['x-note']],
    ['its delegations', ['delegations', 'x-note']],
    ['a delegated role', inRole],
    ['a target', inTarget],
  ])('in %s that come anew are refused: nothing shows them', async (_, path) => {
    expect((await refused(editRole(honest, 'gateway', path, 'hidden'))).code).toBe('request-invalid');
  });

  it('stay as they are published, and no other may come in their place', async () => {
    const before = editedObject({ ...productDocument(1, listingOf(FIRST, 1)), ...unknown }, inRole, 'kept');
    const gateway = await signRole(before, RELEASE_OFFICERS);
    const kept = {
      ...honest,
      chain: { ...honest.chain, roles: new Map([...honest.chain.roles, ['gateway', gateway.bytes]]) },
    };
    const after = editRole(
      editRole(kept, 'gateway', ['x-note'], 'of another tool'),
      'gateway',
      inRole,
      'kept',
    );
    expect(review(after).title).toBe('gateway 1.1.0');
    expect((await refused(editRole(after, 'gateway', ['x-note'], 'changed'))).code).toBe('request-invalid');
    expect((await refused(editRole(after, 'gateway', inRole, 'changed'))).code).toBe('request-invalid');
  });
});

describe('how devices judge media', () => {
  const asked = (profile: JsonValue, key = 'gateway') => editRole(honest, key, ['x-ota-media'], profile);
  const warnings = (before: JsonValue | undefined, after: JsonValue) => {
    const document = editedObject(productDocument(1, listingOf(FIRST, 1)), ['x-ota-media'], before);
    return signRole(document, RELEASE_OFFICERS).then((gateway) => {
      const roles = new Map([...honest.chain.roles, ['gateway', gateway.bytes]]);
      const { documents } = review({ ...asked(after), chain: { ...honest.chain, roles } });
      return documents.flatMap(({ changes }) =>
        changes.flatMap(({ what, warning }) => (what === 'media-profile' ? [warning] : [])),
      );
    });
  };

  it('is shown in words where it changes, and never as a matter of course', async () => {
    const limit = { expiry: 'limit', days: 548 };
    expect(await warnings(undefined, { expiry: 'strict' })).toEqual([]);
    expect(await warnings(limit, limit)).toEqual([]);
    expect(await warnings(limit, { expiry: 'advice' })).toEqual([
      'devices without a network take older media than before',
    ]);
    expect(await warnings({ expiry: 'advice', counter: 2 }, { ...limit, counter: 1 })).toEqual([
      'is lower: devices that took a medium with the higher counter refuse all that are made from now on; devices without a network refuse media sooner than before',
    ]);
  });

  it('is refused where it means nothing, or nobody knows what', async () => {
    expect((await refused(asked({ expiry: 'never' }))).code).toBe('media-profile-invalid');
    const targets = {
      ...honest,
      documents: [role('targets', { ...targetsDocument(2), 'x-ota-media': { expiry: 'advice' } })],
    };
    const found = await refused(targets);
    expect(found).toMatchObject({ code: 'request-invalid', where: 'targets' });
    expect(found.message).toContain('only a product');
  });
});

describe('the archive', () => {
  const index = encodeArchiveIndex({
    product: PRODUCT,
    counters: new Map([[name('linux'), { counter: 3, release: FIRST.version }]]),
    pages: [{ first: FIRST.version, last: FIRST.version, count: 1, length: 9, sha256: 'ab'.repeat(32) }],
  });
  const { length, sha256 } = seal(index);
  const path = 'gateway/archive/releases.json';
  const listing = new Map([...listingOf(SECOND, 2), [path, { length, sha256 }] as const]);
  const archiving = {
    ...honest,
    documents: [role('gateway', productDocument(2, listing)), manifestDocument(SECOND)],
  };

  it('is shown by what it holds, and is no alarm', () => {
    const found = review({ ...archiving, files: new Map([[path, index]]) });
    expect(changesOf(found, 'gateway').slice(2)).toEqual([
      ['release-added', 'gateway 1.1.0', undefined, undefined, false],
      ['archive', path, undefined, '1 releases, highest counters linux 3 (1.0.0)', false],
      ['release-removed', 'gateway 1.0.0', undefined, undefined, false],
    ]);
  });

  it('is refused unseen, and as anything else', async () => {
    expect((await refused(archiving)).code).toBe('request-invalid');
    expect((await refused({ ...archiving, files: new Map([[path, utf8('{}')]]) })).code).toBe(
      'request-invalid',
    );
  });

  it('gives a release back with its place in the order, marked', () => {
    const found = review(releaseRequest(published, { at: 5, listing: listingOf(SECOND, 3) }));
    expect(found.documents[1]?.changes[0]).toMatchObject({
      what: 'release-returned',
      to: 'number 3 in the order of releases',
    });
  });
});

it('characters that turn the text around are marked, wherever they are', () => {
  const bidi = editRole(
    { ...honest, documents: [role('targets', targetsDocument(2))] },
    'targets',
    ['targets', 'gate\u202eyaw'],
    { length: 1, hashes: { sha256: 'ab'.repeat(32) } },
  );
  const change = review(bidi).documents[0]?.changes.find(({ what }) => what === 'file-added');
  expect(change?.warning).toContain('turn the text around');
  const plain = editRole(bidi, 'targets', ['targets'], {
    gateway: { length: 1, hashes: { sha256: 'ab'.repeat(32) } },
  });
  expect(
    review(plain).documents[0]?.changes.find(({ what }) => what === 'file-added')?.warning,
  ).toBeUndefined();
});

describe('a request is refused', () => {
  const cases: readonly (readonly [string, string, RequestContent])[] = [
    [
      'when its role goes back to a version',
      'role-rollback',
      releaseRequest(published, { at: 1, listing: listingOf(SECOND, 1) }),
    ],
    [
      'when a manifest is swapped for another',
      'request-invalid',
      { ...honest, documents: [...honest.documents.slice(0, 1), manifestDocument(manifestOf('1.2.0'))] },
    ],
    [
      'when it carries a manifest that its role does not list',
      'request-invalid',
      { ...honest, documents: [...honest.documents, manifestDocument(manifestOf('1.2.0'))] },
    ],
    [
      'when the manifest of what it adds is left out',
      'request-invalid',
      { ...honest, documents: honest.documents.slice(0, 1) },
    ],
    [
      'when a payload is another than the manifest says',
      'request-invalid',
      editRole(honest, 'gateway', ['targets', 'gateway/1.1.0/radio', 'hashes', 'sha256'], 'ab'.repeat(32)),
    ],
    [
      'when a payload is missing',
      'request-invalid',
      editRole(honest, 'gateway', ['targets', 'gateway/1.1.0/radio'], undefined),
    ],
    [
      'when a payload claims other hardware',
      'request-invalid',
      editRole(honest, 'gateway', ['targets', 'gateway/1.1.0/radio', 'custom', 'hardwareIds'], ['gw-z9']),
    ],
    [
      'when a payload says more than the manifest',
      'request-invalid',
      editRole(honest, 'gateway', ['targets', 'gateway/1.1.0/radio', 'custom', 'also'], 1),
    ],
    [
      'when the manifest has another place in the order',
      'request-invalid',
      editRole(honest, 'gateway', ['targets', 'gateway/1.1.0/manifest.json', 'custom', 'sequence'], 1000),
    ],
    [
      'when a release has a file that its manifest does not know',
      'request-invalid',
      editRole(honest, 'gateway', ['targets', 'gateway/1.1.0/backdoor'], {
        length: 1,
        hashes: { sha256: 'ab'.repeat(32) },
      }),
    ],
    [
      'when a delta leads elsewhere',
      'request-invalid',
      editRole(honest, 'gateway', [...deltaOf(), 'custom', 'delta', 'image', 'sha256'], 'ab'.repeat(32)),
    ],
    [
      'when a role speaks beyond its part',
      'request-invalid',
      editRole(honest, 'gateway', ['targets', 'other/1.0.0/radio'], {
        length: 1,
        hashes: { sha256: 'ab'.repeat(32) },
      }),
    ],
    [
      'when a document has a field that would not be shown',
      'request-invalid',
      editRole(honest, 'gateway', ['x-note'], 'hidden'),
    ],
    [
      'when a hash stands beside the one that is shown',
      'request-invalid',
      editRole(honest, 'gateway', ['targets', 'gateway/1.1.0/radio', 'hashes', 'sha512'], 'ab'.repeat(64)),
    ],
    [
      'when nothing delegates to its role',
      'request-invalid',
      { ...honest, documents: [role('toaster', productDocument(1, new Map()))] },
    ],
    [
      'when it carries a file that no role lists',
      'request-invalid',
      { ...honest, files: new Map([['gateway/channels/stable.json', new Uint8Array([123, 125])]]) },
    ],
  ];
  function deltaOf(): Path {
    const path = [...listingOf(SECOND, 2, FIRST).keys()].find((key) => key.includes('linux.from.'));
    return ['targets', path ?? ''];
  }
  it.each(cases)('%s', async (_, code, content) => {
    expect((await refused(content)).code).toBe(code);
  });
  it('and its honest twin is not', () => expect(review(honest).title).toBe('gateway 1.1.0'));

  it('when a document has expired already', async () => {
    expect((await refused(honest, anchor, NOW + 400 * DAY)).code).toBe('role-expired');
  });
});

describe('the chain', () => {
  const rotated = async (officers = OFFICERS) =>
    signRole(rootDocument(2, [OFFICERS[0], OFFICERS[1], NEW]), officers.slice(0, 2));
  const chainTo = (root: Uint8Array, targets = published.targets.bytes): RequestContent => ({
    ...honest,
    chain: {
      roots: [anchor, root],
      roles: new Map([
        ['targets', targets],
        ['gateway', published.gateway.bytes],
      ]),
    },
  });

  it('is followed over a rotation from the first root and from the second', async () => {
    const second = await rotated();
    expect(review(chainTo(second.bytes)).root).toEqual({ version: 2, sha256: second.sha256 });
    expect(review(chainTo(second.bytes), second.bytes).root?.version).toBe(2);
  });

  it('may carry more signatures under the root that is held', async () => {
    const more = await signRole(rootDocument(1), OFFICERS);
    expect(review(honest, more.bytes).title).toBe('gateway 1.1.0');
  });

  it('is refused from another root, naming both', async () => {
    const other = await signRole(rootDocument(1, [NEW], { threshold: 1 }), [NEW]);
    const error = await refused(honest, other.bytes);
    expect([error.code, error.exitCode]).toEqual(['root-differs', 4]);
    expect(error.message).toContain(other.sha256);
    expect(error.message).toContain(published.root.sha256);
  });

  it('is refused when it would start anew', async () => {
    const content = {
      ...honest,
      chain: { roots: [], roles: new Map() },
      documents: [role('root', rootDocument(1, [NEW], { threshold: 1 }))],
    };
    expect((await refused(content)).code).toBe('root-differs');
    expect(reviewRequest(asFile(content), undefined, NOW).title).toBe('root 1');
  });

  it('is refused from a root that its own keys did not sign', async () => {
    const unsigned = utf8(JSON.stringify({ signatures: [], signed: rootDocument(1) }));
    expect((await refused(honest, unsigned)).code).toBe('threshold-unmet');
  });

  it('is refused without a root to check it against', async () => {
    expect((await refusal(() => reviewRequest(asFile(honest), undefined, NOW))).code).toBe('root-missing');
  });

  it('is refused when a root in it was not allowed by the one before, or not by its own keys', async () => {
    const thief = [NEW, signerNamed('eve')];
    // The keys of targets stay, so that nothing but the root itself can be the reason.
    const next = rootDocument(2, thief, { targets: OFFICERS });
    for (const signers of [thief, OFFICERS]) {
      const error = await refused(chainTo((await signRole(next, signers)).bytes));
      expect([error.code, error.where]).toEqual(['threshold-unmet', 'root']);
    }
    const honest = await signRole(next, [...thief, ...OFFICERS]);
    expect(review(chainTo(honest.bytes)).root?.version).toBe(2);
  });

  it('is refused when it ends before the root that is held', async () => {
    const second = await rotated();
    expect((await refused(honest, second.bytes)).code).toBe('role-rollback');
  });

  it('is refused when it skips a root', async () => {
    const third = await signRole(rootDocument(3), OFFICERS);
    expect((await refused(chainTo(third.bytes))).code).toBe('role-version');
  });

  it.each([
    ['targets', async () => (await signRole(targetsDocument(1), [NEW])).bytes],
    ['gateway', async () => (await signRole(productDocument(1, listingOf(FIRST, 1)), [NEW])).bytes],
  ])('is refused when %s in it is not genuine', async (key, make) => {
    const chain = { roots: [anchor], roles: new Map([...honest.chain.roles, [key, await make()]]) };
    expect((await refused({ ...honest, chain })).code).toBe('threshold-unmet');
  });

  it('is refused when a role that delegates is missing from it', async () => {
    const chain = { roots: [anchor], roles: new Map([['gateway', published.gateway.bytes]]) };
    expect((await refused({ ...honest, chain })).code).toBe('role-missing');
  });
});

describe('a change of keys', () => {
  const rotation = (signed = rootDocument(2, [OFFICERS[0], OFFICERS[1], NEW])): RequestContent => ({
    chain: honest.chain,
    documents: [role('root', signed)],
    files: new Map(),
  });

  it('of the root needs the old quorum and the new, and shows every key', () => {
    const found = review(rotation());
    expect(found.title).toBe('root 2');
    expect(found.documents[0]?.quorums.map(({ by, threshold, keys }) => [by, threshold, keys.size])).toEqual([
      ['root 1', 2, 3],
      ['root 2', 2, 3],
    ]);
    const changes = changesOf(found, 'root').filter(([what]) => what.startsWith('key'));
    expect(changes.map(([what, subject, , , warned]) => [what, subject, warned])).toEqual([
      ['key-removed', 'root', true],
      ['key-added', 'root', true],
      ['key-removed', 'targets', true],
      ['key-added', 'targets', true],
    ]);
    expect(changes[1]?.[3]).toContain(NEW.publicKey.keyid.slice(0, 16));
  });

  it('says when a threshold goes down', () => {
    const found = review(rotation(rootDocument(2, OFFICERS, { threshold: 1 })));
    const change = found.documents[0]?.changes.find(({ what }) => what === 'threshold');
    expect(change).toMatchObject({ from: '2 of 3', to: '1 of 3', warning: 'fewer signatures are needed' });
  });

  it('says which roles the new keys have not signed', () => {
    const others = [NEW, signerNamed('eve')];
    const found = review(rotation(rootDocument(2, OFFICERS, { targets: others })));
    expect(found.changes.map(({ what, subject }) => [what, subject])).toEqual([['role-kept', 'targets']]);
    const both = rotation(rootDocument(2, OFFICERS, { targets: others }));
    const signedAnew = { ...both, documents: [...both.documents, role('targets', targetsDocument(2))] };
    const fixed = review(signedAnew);
    expect(fixed.changes).toEqual([]);
    expect(fixed.documents[1]?.quorums[0]).toMatchObject({ by: 'root 2', threshold: 2 });
  });

  it('of release keys is signed by targets and shown as one', () => {
    const content = { ...rotation(), documents: [role('targets', targetsDocument(2, [NEW], 1))] };
    const found = review(content);
    expect(found.title).toBe('targets 2');
    const whats = changesOf(found, 'targets').map(([what, subject]) => `${what} ${subject}`);
    expect(whats.filter((what) => what === 'key-removed gateway')).toHaveLength(3);
    expect(whats).toContain('key-added gateway');
    expect(whats).toContain('threshold gateway');
    expect(found.changes).toMatchObject([{ what: 'role-kept', subject: 'gateway' }]);
  });

  it.each<readonly [string, Path, JsonValue]>([
    ['a version left out', ['version'], 4],
    ['consistent snapshots off', ['consistent_snapshot'], false],
    ['a field that is not known', ['x'], 1],
  ])('of the root with %s is refused', async (_, path, value) => {
    expect((await refused(editRole(rotation(), 'root', path, value))).code).toBe('request-invalid');
  });

  it.each<readonly [string, Path, JsonValue]>([
    [
      'delegates to hash bins',
      ['delegations'],
      {
        keys: keysObject(NEW),
        succinct_roles: { keyids: [NEW.publicKey.keyid], threshold: 1, bit_length: 8, name_prefix: 'bin' },
      },
    ],
    [
      'delegates to a key of another kind',
      ['delegations', 'keys', 'ab'.repeat(32)],
      { keytype: 'later', scheme: 'later', keyval: { public: 'x' } },
    ],
  ])('is refused where a role %s, which would not be shown', async (_, path, value) => {
    const content = { ...rotation(), documents: [role('targets', targetsDocument(2))] };
    expect(review(content).title).toBe('targets 2');
    const error = await refused(editRole(content, 'targets', path, value));
    expect([error.code, error.message]).toEqual([
      'request-invalid',
      expect.stringContaining('it delegates to'),
    ]);
  });

  it('shows other paths, a new product and a far expiry', () => {
    const targets = targetsDocument(2);
    const content = { ...rotation(), documents: [role('targets', targets)] };
    const paths = editRole(content, 'targets', ['delegations', 'roles', 0, 'paths', 0], '*/*/*');
    expect(changesOf(review(paths), 'targets')).toContainEqual([
      'paths',
      'gateway',
      'gateway/*/*',
      '*/*/*',
      true,
    ]);
    const far = editRole(content, 'targets', ['expires'], '2099-01-01T00:00:00Z');
    expect(changesOf(review(far), 'targets')).toContainEqual([
      'expires',
      'targets',
      expect.any(String),
      '2099-01-01T00:00:00Z',
      true,
    ]);
  });
});

it('the keys of the timestamp are no officers', () => {
  const found = review(honest);
  expect(
    found.documents.some(({ quorums }) => quorums.some(({ keys }) => keys.has(ONLINE_KEY.publicKey.keyid))),
  ).toBe(false);
});
