import { describe, expect, it } from 'vitest';
import { checkAtHand, keyring } from '../../../src/publish/signers.ts';
import { seeded } from '../../support/release.ts';
import { thrown } from '../keys/thrown.ts';

const [a, b, c] = [seeded(11), seeded(12), seeded(13)];
const id = (signer: typeof a) => signer.publicKey.keyid;
const role = (text: string, threshold: number, ...signers: readonly (typeof a)[]) => ({
  role: text,
  keys: { keyids: signers.map(id), threshold },
});

describe('checkAtHand', () => {
  it('takes what can be signed, with more keys than it needs or just as many', () => {
    expect(() => checkAtHand(keyring([a, b]), [role('one', 1, a, b, c), role('two', 1, b)])).not.toThrow();
  });

  it('tells of every role that lacks keys at once, and which would do', () => {
    const error = thrown(() =>
      checkAtHand(keyring([a]), [role('one', 2, a, b, c), role('two', 1, a), role('three', 1, c)]),
    );
    expect(error).toMatchObject({ code: 'signatures-missing', exitCode: 5 });
    expect(error.faults).toEqual([
      {
        where: 'one',
        message: `has 1 of 2 keys; any of these would do: ${id(b).slice(0, 16)}, ${id(c).slice(0, 16)}`,
      },
      { where: 'three', message: `has 0 of 1 keys; any of these would do: ${id(c).slice(0, 16)}` },
    ]);
  });

  it('counts a key that was given twice once', () => {
    const ring = keyring([a, a]);
    expect(ring.size).toBe(1);
    expect(thrown(() => checkAtHand(ring, [role('one', 2, a, b)])).code).toBe('signatures-missing');
  });
});
