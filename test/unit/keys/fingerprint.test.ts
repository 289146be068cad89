import { createHash } from 'node:crypto';
import { entropyToMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeKey } from '../../../src/keys/fingerprint.ts';
import { keyidOf } from '../../../src/keys/public-key.ts';

const keyOf = (raw: Uint8Array) => ({ raw, keyid: keyidOf(raw) });
const digestOf = (raw: Uint8Array) => createHash('sha256').update(raw).digest();

it('has a fixed form, which people may have written down', async () => {
  // RFC 8032, section 7.1, test 1.
  const raw = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');
  expect(await describeKey(keyOf(new Uint8Array(raw)))).toEqual({
    keyid: '74c181c7ad8a0855d4b55e44d2ba87aabdddb196832571f15f92fece332e4916',
    fingerprint: '21fe 31df a154 a261 626b f854 046f d227 1b7b ed4b 6abe 45aa 5887 7ef4 7f97 21b9',
    words: 'capable various jewel dress enforce cost meadow lecture favorite casino virus evolve',
  });
});

it('is the whole digest in groups of four, and its start in words', () =>
  fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), async (raw) => {
      const { keyid, fingerprint, words } = await describeKey(keyOf(raw));
      expect(keyid).toBe(keyidOf(raw));
      expect(fingerprint).toMatch(/^(?:[0-9a-f]{4} ){15}[0-9a-f]{4}$/);
      expect(fingerprint.replaceAll(' ', '')).toBe(digestOf(raw).toString('hex'));
      const list = words.split(' ');
      expect(list).toHaveLength(12);
      // BIP 39 cuts its words from the same bits, and puts a checksum after them.
      const mnemonic = entropyToMnemonic(new Uint8Array(digestOf(raw)), wordlist);
      expect(list).toEqual(mnemonic.split(' ').slice(0, 12));
    }),
  ));
