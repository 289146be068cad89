import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../../src/core/bytes.ts';
import { seal } from '../../../../src/core/digest.ts';
import { StreamDamage } from '../../../../src/delta/contain/codec.ts';
import { zstd154, zstd157, zstdParams } from '../../../../src/delta/contain/codecs/zstd.ts';
import { wordy } from './support.ts';

const TEXT = wordy(100_000);
const digest = async (codec: typeof zstd154, level: number) =>
  seal(await codec.encode(TEXT, zstdParams(level, TEXT.length))).sha256;

describe('zstd', () => {
  // Made by ZSTD_compress of Debian's libzstd 1.5.4 from the same bytes.
  it.each([
    [3, '1621738970026a3a8c6f4da743496aed0b2ab3122b8bbcd26b55a10dac7bce3f'],
    [15, '040b43bcc4b363582bbe2b75da654447b393c16d1fb01cacddb4b8c4669ddd99'],
    [19, 'd27c261d6e8d7ea6bde3586fd4e06455d480bb984415fccc6324572d91ecaa1c'],
  ] as const)('1.5.4 packs as that does at level %i', async (level, sha256) => {
    expect(await digest(zstd154, level)).toBe(sha256);
  });

  // Made by Node 24's own zstd, which is 1.5.7.
  it.each([
    [3, '8ccd11a6f9ac895b1f6fae16c4a88ddf6e32d76c6d94d07a664742623f41fee3'],
    [15, '040b43bcc4b363582bbe2b75da654447b393c16d1fb01cacddb4b8c4669ddd99'],
    [19, 'd27c261d6e8d7ea6bde3586fd4e06455d480bb984415fccc6324572d91ecaa1c'],
  ] as const)('1.5.7 packs as that does at level %i', async (level, sha256) => {
    expect(await digest(zstd157, level)).toBe(sha256);
  });

  it('packs otherwise in each version, which is why they are two codecs', async () => {
    expect(await digest(zstd154, 3)).not.toBe(await digest(zstd157, 3));
  });

  it.each([zstd154, zstd157])('unpacks what it packs ($name)', async (codec) => {
    for (const length of [0, 1, 4096, 100_000]) {
      const params = zstdParams(15, length);
      expect(codec.accepts(params)).toBe(true);
      const raw = TEXT.subarray(0, length);
      const packed = await codec.encode(raw, params);
      expect(Buffer.from(await codec.decode(packed, length, params)).equals(raw)).toBe(true);
    }
  });

  it('refuses a stream that is damaged, cut short, followed by something, or longer than allowed', async () => {
    const params = zstdParams(15, TEXT.length);
    const packed = await zstd154.encode(TEXT, params);
    for (const [bytes, most] of [
      [Uint8Array.from(packed).fill(0xff, 4, 30), TEXT.length],
      [packed.subarray(0, -5), TEXT.length],
      [concatBytes(packed, Uint8Array.of(0)), TEXT.length],
      [packed, TEXT.length - 1],
    ] as const) {
      await expect(zstd154.decode(bytes, most, params)).rejects.toThrow(StreamDamage);
    }
  });

  it('has no other settings', () => {
    expect(zstd154.accepts([1, 10])).toBe(true);
    expect(zstd154.accepts([22, 28])).toBe(true);
    for (const params of [[], [15], [15, 17, 0], [0, 17], [23, 17], [15, 9], [15, 29]]) {
      expect(zstd154.accepts(params)).toBe(false);
    }
  });

  it('takes the memory that the specification says', () => {
    expect(zstd154.memory(zstdParams(15, 131_072))).toBe(2 ** 20 + 17 * 2 ** 17);
    expect(zstd154.memory(zstdParams(1, 5))).toBe(2 ** 20 + 17 * 2 ** 10);
    expect(zstd154.memory(zstdParams(22, 2 ** 28))).toBe(2 ** 20 + 17 * 2 ** 27);
  });
});
