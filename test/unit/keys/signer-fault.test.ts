import { expect, it, vi } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { signerFromSeed } from '../../../src/keys/ed25519.ts';
import { rejected } from './thrown.ts';

// A machine that computes wrongly: every signature comes out with one bit changed.
vi.mock('@noble/ed25519', async (original) => {
  const real = await original<typeof import('@noble/ed25519')>();
  return {
    ...real,
    sign: (...parts: Parameters<typeof real.sign>) => {
      const signature = real.sign(...parts);
      signature[40] = (signature[40] ?? 0) ^ 1;
      return signature;
    },
  };
});

it('keeps back a signature that does not verify', async () => {
  const error = await rejected(signerFromSeed(new Uint8Array(32)).sign(utf8('m')));
  expect(error.code).toBe('signature-invalid');
  expect(error.hint).toContain('another machine');
});
