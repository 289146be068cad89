import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSize, parseSize } from '../../../src/core/sizes.ts';
import { thrown } from '../keys/thrown.ts';

describe('parseSize', () => {
  it.each([
    ['0', 0],
    ['4096', 4096],
    ['1 B', 1],
    ['64 KiB', 65_536],
    ['64KiB', 65_536],
    ['1 MiB', 1_048_576],
    ['2 GiB', 2_147_483_648],
    ['3 kB', 3000],
    ['3 MB', 3_000_000],
    ['3 GB', 3_000_000_000],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each([
    '',
    ' 1',
    '1 ',
    '-1',
    '1.5 MiB',
    '1e3',
    '64 kib',
    '64 KB',
    '1  KiB',
    '1\tKiB',
    '0x10',
    'KiB',
    '9999999999 GiB',
    '1'.repeat(16),
    '1 toString',
  ])('%j is no size', (text) => {
    expect(thrown(() => parseSize(text, 'ota.yaml:3:1'))).toMatchObject({
      code: 'size-invalid',
      where: 'ota.yaml:3:1',
    });
  });

  it('reads any number of any unit exactly', () => {
    const units = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, kB: 1e3, MB: 1e6, GB: 1e9 };
    fc.assert(
      fc.property(fc.nat(8_000_000), fc.constantFrom(...Object.entries(units)), (count, [unit, factor]) => {
        expect(parseSize(`${count} ${unit}`)).toBe(count * factor);
      }),
    );
  });
});

describe('formatSize', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1229, '1.2 KiB'],
    [1_048_575, '1.0 MiB'],
    [1_048_576, '1.0 MiB'],
    [34_707_865, '33.1 MiB'],
    [1_073_741_823, '1.0 GiB'],
    [2 ** 43, '8.0 TiB'],
    [2 ** 53, '8192.0 TiB'],
  ])('%d is %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });

  it('is never far from the truth nor wide', () => {
    const factor: Readonly<Record<string, number>> = {
      B: 1,
      KiB: 2 ** 10,
      MiB: 2 ** 20,
      GiB: 2 ** 30,
      TiB: 2 ** 40,
    };
    fc.assert(
      fc.property(fc.nat(2 ** 49), (bytes) => {
        const [number = '', unit = ''] = formatSize(bytes).split(' ');
        const shown = Number(number) * (factor[unit] ?? Number.NaN);
        expect(Math.abs(shown - bytes)).toBeLessThanOrEqual(bytes * 0.051);
        expect(Number(number)).toBeLessThan(1024);
      }),
    );
  });
});
