import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { appendSignatures, verifyManifestSignatures } from '../../../src/bundle/signatures.ts';
import {
  encodeSignatures,
  parseSignatures,
  SIGNATURES_BYTES,
} from '../../../src/bundle/signatures-region.ts';
import { concatBytes, fromUtf8, toBase64, utf8 } from '../../../src/core/bytes.ts';
import { keysOf, signer } from './fixture.ts';

const MANIFEST = utf8('{"any": "bytes"}');
const [alice, bob, carol] = [signer(1), signer(2), signer(3)] as const;
const refused = (code: string) => expect.objectContaining({ code });
const signedBy = async (...signers: (typeof alice)[]) =>
  (await appendSignatures(MANIFEST, encodeSignatures([]), signers)).region;
const verify = (region: Uint8Array, signers: (typeof alice)[], threshold: number, manifest = MANIFEST) =>
  verifyManifestSignatures(manifest, region, keysOf(...signers), threshold).signed;

describe('the region', () => {
  const pairs = fc.record({
    keyid: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 }),
    sig: fc.uint8Array({ minLength: 64, maxLength: 64 }),
  });

  test('property: has its length, is JSON, and is read as it was written', () => {
    fc.assert(
      fc.property(fc.array(pairs, { maxLength: 60 }), (signatures) => {
        const region = encodeSignatures(signatures);
        expect(region.length).toBe(SIGNATURES_BYTES);
        expect(JSON.parse(fromUtf8(region)).signatures).toHaveLength(signatures.length);
        expect(parseSignatures(region)).toEqual(signatures);
      }),
    );
  });

  test('holds 80 signatures, and refuses what does not fit', () => {
    const many = (count: number) =>
      Array.from({ length: count }, () => ({ keyid: 'a'.repeat(64), sig: new Uint8Array(64) }));
    expect(encodeSignatures(many(80))).toHaveLength(SIGNATURES_BYTES);
    expect(() => encodeSignatures(many(100))).toThrow(refused('signatures-full'));
  });

  test.each<[string, (text: string) => string]>([
    ['other padding', (text) => text.replace(/ \n$/, '\t\n')],
    ['padding inside', (text) => text.replace('{"_type"', '{ "_type"').replace(/ \n$/, '\n')],
    ['another end', (text) => text.replace(/\n$/, ' ')],
  ])('%s is refused', async (_, edit) => {
    const region = utf8(edit(fromUtf8(await signedBy(alice))));
    expect(region.length).toBe(SIGNATURES_BYTES);
    expect(() => parseSignatures(region)).toThrow(refused('bundle-invalid'));
  });

  test.each<[string, (text: string) => string]>([
    ['another payload type', (text) => text.replace('vnd.ota.manifest', 'vnd.ota.manifesT')],
    [
      'a keyid in capitals',
      (text) => text.replace(alice.publicKey.keyid, alice.publicKey.keyid.toUpperCase()),
    ],
    ['a signature cut short', (text) => text.replace(/"sig":"..../, '"sig":"')],
    ['an unknown field', (text) => text.replace('"format":1', '"format":1,"x":1')],
  ])('%s is refused', async (_, edit) => {
    const region = utf8(edit(fromUtf8(await signedBy(alice))));
    expect(() => parseSignatures(region)).toThrow(
      expect.objectContaining({ code: 'bundle-invalid', where: 'signatures.json' }),
    );
  });

  test('more signatures than are ever written are a fault of the bundle', async () => {
    const one = `{"keyid":"${'a'.repeat(64)}","sig":"${toBase64(new Uint8Array(64))}"}`;
    const empty = fromUtf8(encodeSignatures([])).trimEnd();
    const most = Math.floor((SIGNATURES_BYTES - empty.length) / (one.length + 1));
    const text = empty.replace('[]', `[${Array.from({ length: most }, () => one).join(',')}]`);
    expect(() => parseSignatures(utf8(`${text.padEnd(SIGNATURES_BYTES - 1)}\n`))).toThrow(
      refused('bundle-invalid'),
    );
  });
});

describe('signing', () => {
  test('keeps the signatures that are there, in their places', async () => {
    const first = await signedBy(alice);
    const both = await appendSignatures(MANIFEST, first, [bob]);
    expect(both.added).toEqual([bob.publicKey.keyid]);
    expect(parseSignatures(both.region).map(({ keyid }) => keyid)).toEqual([
      alice.publicKey.keyid,
      bob.publicKey.keyid,
    ]);
    expect(parseSignatures(both.region)[0]).toEqual(parseSignatures(first)[0]);
  });

  test('the same key twice changes nothing', async () => {
    const first = await signedBy(alice);
    expect(await appendSignatures(MANIFEST, first, [alice, alice])).toEqual({ region: first, added: [] });
  });

  test('a wrong signature of the same key is replaced where it stands', async () => {
    const wrong = { keyid: alice.publicKey.keyid, sig: new Uint8Array(64) };
    const [right] = parseSignatures(await signedBy(bob));
    const { region } = await appendSignatures(
      MANIFEST,
      encodeSignatures([wrong, ...(right ? [right] : [])]),
      [alice],
    );
    expect(parseSignatures(region).map(({ keyid }) => keyid)).toEqual([
      alice.publicKey.keyid,
      bob.publicKey.keyid,
    ]);
    expect(verify(region, [alice, bob], 2)).toHaveLength(2);
  });

  test('covers the pre-authentication encoding of DSSE', async () => {
    const [signature] = parseSignatures(await signedBy(alice));
    const covered = concatBytes(utf8('DSSEv1 33 application/vnd.ota.manifest+json 16 '), MANIFEST);
    expect(toBase64(signature?.sig ?? new Uint8Array())).toBe(toBase64(await alice.sign(covered)));
  });
});

describe('verifying', () => {
  test('the threshold of distinct keys', async () => {
    const region = await signedBy(alice, bob);
    expect(verify(region, [alice, bob, carol], 2)).toEqual([alice.publicKey.keyid, bob.publicKey.keyid]);
    expect(() => verify(region, [alice, bob, carol], 3)).toThrow(refused('threshold-unmet'));
    expect(() => verify(region, [alice, carol], 2)).toThrow(refused('threshold-unmet'));
  });

  test('signatures of keys not asked about are passed over', async () => {
    expect(verify(await signedBy(carol, alice), [alice], 1)).toEqual([alice.publicKey.keyid]);
  });

  test('nobody signed', () => {
    expect(() => verify(encodeSignatures([]), [alice], 1)).toThrow(refused('signatures-missing'));
  });

  test('one signature repeated counts once', async () => {
    const [signature] = parseSignatures(await signedBy(alice));
    const repeated = encodeSignatures(Array.from({ length: 9 }, () => signature ?? fail()));
    expect(verify(repeated, [alice], 1)).toHaveLength(1);
    expect(() => verify(repeated, [alice, bob], 2)).toThrow(refused('threshold-unmet'));
  });

  test('one key under two keyids counts once', async () => {
    const [signature] = parseSignatures(await signedBy(alice));
    const alias = 'f'.repeat(64);
    const region = encodeSignatures([signature ?? fail(), { keyid: alias, sig: signature?.sig ?? fail() }]);
    const keys = new Map([...keysOf(alice, bob), [alias, alice.publicKey]]);
    expect(() => verifyManifestSignatures(MANIFEST, region, keys, 2)).toThrow(refused('threshold-unmet'));
  });

  test('a wrong signature of a key that is asked about refuses the bundle, whoever else signed', async () => {
    const region = await signedBy(alice, bob);
    expect(() => verify(region, [alice, bob], 1, utf8('{"other": "bytes"}'))).toThrow(
      refused('signature-invalid'),
    );
  });

  test.each([0, -1, 1.5, 3, Number.NaN])('a threshold of %s of two keys is refused', async (threshold) => {
    const region = await signedBy(alice, bob);
    expect(() => verify(region, [alice, bob], threshold)).toThrow(refused('threshold-unmet'));
  });
});

function fail(): never {
  throw new Error('a signature was expected');
}
