import { expect, it, vi } from 'vitest';
import { lzma2 } from '../../../../src/delta/contain/codecs/lzma2.ts';
import { codeOf } from '../support.ts';

vi.mock('../../../../src/delta/coder/liblzma.ts', () => ({ liblzma: async () => undefined }));

it('without liblzma, xz is not unpacked, and a delta that needs it says what is missing', async () => {
  const params = [0, 2 ** 16, 93, 2, 20, 64, 0];
  expect(await lzma2.available()).toBe(false);
  expect(await codeOf(lzma2.encode(Uint8Array.of(1, 2), params))).toBe('package-missing');
  expect(await codeOf(lzma2.decode(Uint8Array.of(1, 0, 0, 7, 0), 9, params))).toBe('package-missing');
});
