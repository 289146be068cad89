import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex, utf8 } from '../../../src/core/bytes.ts';
import { parsePublicKey, signerFromSeed, verifySignature } from '../../../src/keys/ed25519.ts';
import { keyidOf } from '../../../src/keys/public-key.ts';
import { RFC8032 } from './rfc8032.ts';
import { sharedVectors } from './shared-vectors.ts';
import { thrown } from './thrown.ts';

const hex = (text: string): Uint8Array => fromHex(text) ?? expect.fail(`not hex: ${text}`);
const refused = (raw: Uint8Array, where?: string) => thrown(() => parsePublicKey(raw, where));

describe('RFC 8032, section 7.1', () => {
  it.each(RFC8032)('%s', async (_name, seed, publicKey, message, signature) => {
    const signer = signerFromSeed(hex(seed));
    expect(toHex(signer.publicKey.raw)).toBe(publicKey);
    expect(toHex(await signer.sign(hex(message)))).toBe(signature);
    expect(verifySignature(parsePublicKey(hex(publicKey)), hex(message), hex(signature))).toBe(true);
  });
});

interface Wycheproof {
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly msg: string;
      readonly sig: string;
      readonly result: 'valid' | 'invalid';
    }[];
  }[];
}

const wycheproof = sharedVectors<Wycheproof>('ed25519_test.json');
describe.skipIf(wycheproof === undefined)('Wycheproof', () => {
  it('agrees on every case', () => {
    const cases = (wycheproof?.testGroups ?? []).flatMap((group) =>
      group.tests.map((test) => ({ ...test, pk: group.publicKey.pk })),
    );
    expect(cases).toHaveLength(151);
    const wrong = cases.filter(({ pk, msg, sig, result }) => {
      const accepted = verifySignature(parsePublicKey(hex(pk)), hex(msg), hex(sig));
      return accepted !== (result === 'valid');
    });
    expect(wrong).toEqual([]);
  });
});

const speccheck = sharedVectors<
  readonly { readonly message: string; readonly pub_key: string; readonly signature: string }[]
>('ed25519-speccheck-cases.json');

describe.skipIf(speccheck === undefined)('speccheck', () => {
  const one = (index: number) => speccheck?.[index] ?? expect.fail(`no case ${index}`);

  it.each([
    [0, 'small order'],
    [1, 'small order'],
    [2, 'prime-order'],
    [3, 'prime-order'],
    [4, 'prime-order'],
    [5, 'prime-order'],
    [10, 'canonical'],
    [11, 'canonical'],
  ])('case %i is refused when the key is parsed: %s', (index, reason) => {
    const error = refused(hex(one(index).pub_key));
    expect(error.code).toBe('key-invalid');
    expect(error.message).toContain(reason);
  });

  it.each([6, 7, 8, 9])('the signature of case %i is refused', (index) => {
    const { message, pub_key, signature } = one(index);
    // The cases' keys have a small-order part; the signature is judged with the key taken as it stands.
    const raw = hex(pub_key);
    expect(verifySignature({ raw, keyid: keyidOf(raw) }, hex(message), hex(signature))).toBe(false);
  });
});

describe('parsePublicKey', () => {
  const good = signerFromSeed(new Uint8Array(32).fill(7)).publicKey.raw;

  it('takes a key of 32 bytes and no other length', () => {
    expect(parsePublicKey(good)).toEqual({ raw: good, keyid: keyidOf(good) });
    for (const raw of [new Uint8Array(), good.subarray(1), concatBytes(good, new Uint8Array(1))]) {
      expect(refused(raw).code).toBe('key-invalid');
    }
  });

  it('says where the key stood', () => {
    expect(refused(new Uint8Array(31), 'root.keys.a')).toMatchObject({
      where: 'root.keys.a',
      message: 'the public key has 31 bytes, not 32',
    });
  });

  it.each([
    ['the identity', `01${'00'.repeat(31)}`, 'small order'],
    ['the point of order two', `ec${'ff'.repeat(30)}7f`, 'small order'],
    ['a point of order four', '00'.repeat(32), 'small order'],
    ['the identity with the sign bit', `01${'00'.repeat(30)}80`, 'canonical'],
    ['y = p, not reduced', `ed${'ff'.repeat(30)}7f`, 'canonical'],
    ['y = 2, on no point', `02${'00'.repeat(31)}`, 'canonical'],
  ])('refuses %s', (_name, raw, reason) => {
    expect(refused(hex(raw)).message).toContain(reason);
  });

  it('keeps its own copy', () => {
    const raw = Uint8Array.from(good);
    const key = parsePublicKey(raw);
    raw.fill(0);
    expect(key.raw).toEqual(good);
  });
});

describe('verifySignature', () => {
  const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });

  it('accepts what was signed, and nothing with one bit changed', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.uint8Array({ maxLength: 80 }), fc.nat(), async (seed, message, at) => {
        const { publicKey, sign } = signerFromSeed(seed);
        const signature = await sign(message);
        expect(verifySignature(publicKey, message, signature)).toBe(true);
        const all = concatBytes(signature, message);
        const bit = at % (all.length * 8);
        all[bit >> 3] = (all[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(verifySignature(publicKey, all.subarray(64), all.subarray(0, 64))).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it('refuses any other length, whatever the bytes, and never throws', async () => {
    const { publicKey, sign } = signerFromSeed(new Uint8Array(32));
    const signature = await sign(utf8('x'));
    for (const bad of [signature.subarray(1), concatBytes(signature, new Uint8Array(1)), new Uint8Array()]) {
      expect(verifySignature(publicKey, utf8('x'), bad)).toBe(false);
    }
    expect(verifySignature({ raw: new Uint8Array(31), keyid: '' }, utf8('x'), signature)).toBe(false);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (junk) => !verifySignature(publicKey, utf8('x'), junk)),
    );
  });

  it('refuses an R with a small-order part, which only some verifiers accept', () => {
    // Made from TEST 2 of RFC 8032 with the secret scalar: R has the point of order two added, S is recomputed for it.
    const key = parsePublicKey(hex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'));
    expect(verifySignature(key, hex('72'), hex(MIXED_R))).toBe(false);
  });
});

const MIXED_R =
  'd600527f9723f2166ca2c99c90c52e4a21921cbec4edc771bac4fa0d5b3e2c2415a427014fcb597b7cc5a1f8e61f85814a004ed94a849c78b6e68c5c82e47f0b';

describe('signerFromSeed', () => {
  it('takes a seed of 32 bytes and no other length', () => {
    expect(thrown(() => signerFromSeed(new Uint8Array(31))).code).toBe('key-invalid');
    expect(thrown(() => signerFromSeed(new Uint8Array(64))).code).toBe('key-invalid');
  });

  it('does not follow later changes of the seed', async () => {
    const seed = new Uint8Array(32).fill(1);
    const signer = signerFromSeed(seed);
    seed.fill(2);
    expect(verifySignature(signer.publicKey, utf8('m'), await signer.sign(utf8('m')))).toBe(true);
  });
});
