import { describe, expect, test } from 'vitest';
import { type Architecture, architectureOf } from '../../../src/bundle/lint/architecture.ts';
import { beforeOf } from '../../../src/bundle/lint/before.ts';
import { type Before, type Looked, lint, type Rule, refuseFindings } from '../../../src/bundle/lint/lint.ts';
import { type ImageLook, Looker } from '../../../src/bundle/lint/look.ts';
import { packedForm } from '../../../src/bundle/lint/packed.ts';
import type { Manifest } from '../../../src/bundle/manifest.ts';
import type { OtaError } from '../../../src/core/errors.ts';
import type { Name, Version } from '../../../src/core/names.ts';

/** 4 KiB of zeros with these bytes in them. */
function head(...parts: readonly (readonly [at: number, bytes: readonly number[]])[]): Uint8Array {
  const bytes = new Uint8Array(4096);
  for (const [at, part] of parts) bytes.set(part, at);
  return bytes;
}

const ascii = (text: string): readonly number[] => [...text].map((letter) => letter.charCodeAt(0));
const ELF = ascii('\x7fELF');

describe('what machine code an image has', () => {
  test.each<[string, Uint8Array, Architecture | undefined]>([
    ['ELF, little-endian', head([0, [...ELF, 2, 1]], [18, [183, 0]]), 'aarch64'],
    ['ELF, big-endian', head([0, [...ELF, 1, 2]], [18, [0, 8]]), 'mips'],
    ['ELF of a machine that is not known', head([0, [...ELF, 1, 1]], [18, [1, 1]]), undefined],
    [
      'Image of a kernel for AArch64, also with an EFI stub',
      head([0, ascii('MZ')], [0x38, ascii('ARM\x64')]),
      'aarch64',
    ],
    ['Image of a kernel for RISC-V', head([0x38, ascii('RSC\x05')]), 'riscv'],
    ['bzImage', head([0x202, ascii('HdrS')]), 'x86-64'],
    ['zImage', head([0x24, [0x18, 0x28, 0x6f, 0x01]]), 'arm'],
    ['legacy image of U-Boot', head([0, [0x27, 0x05, 0x19, 0x56]], [29, [22]]), 'aarch64'],
    ['PE', head([0, ascii('MZ')], [0x3c, [0x80]], [0x80, [...ascii('PE\0\0'), 0x64, 0x86]]), 'x86-64'],
    ['zeros', head(), undefined],
  ])('%s', (_, bytes, architecture) => {
    expect(architectureOf(bytes)).toBe(architecture);
  });

  test('a start that is cut off anywhere is only not known', () => {
    const whole = head([0, [...ELF, 2, 1]], [18, [183, 0]]);
    for (let length = 0; length < 20; length++)
      expect(architectureOf(whole.subarray(0, length))).toBeUndefined();
    const pe = head([0, ascii('MZ')], [0x3c, [0xff, 0xff, 0xff, 0xff]]);
    expect(architectureOf(pe)).toBeUndefined();
  });
});

describe('an image that is looked at while it is read', () => {
  const look = (...pieces: readonly Uint8Array[]): ImageLook => {
    const looker = new Looker();
    for (const piece of pieces) looker.update(piece);
    return looker.look();
  };

  test('has the same look however it is cut', () => {
    const image = head([0, [...ELF, 2, 1]], [18, [62, 0]]);
    expect(look(image)).toEqual({ architecture: 'x86-64' });
    expect(look(image.subarray(0, 3), image.subarray(3, 19), image.subarray(19))).toEqual(look(image));
  });

  test('is blank only where all of its bytes are the same', () => {
    const blank = new Uint8Array(10_000).fill(0xff);
    expect(look(blank, blank)).toEqual({ blank: 0xff });
    const last = Uint8Array.from(blank);
    last[9999] = 0xfe;
    expect(look(blank, last)).toEqual({});
    expect(look(new Uint8Array(1), blank)).toEqual({});
  });

  test('is packed by its first bytes', () => {
    expect(look(head([0, [0x1f, 0x8b, 8]])).packed?.form).toBe('gzip');
    // What xz packed is unpacked for deltas.
    expect(look(head([0, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]])).packed).toBeUndefined();
    expect(packedForm(head())).toBeUndefined();
    expect(packedForm(new Uint8Array())).toBeUndefined();
  });
});

const digest = (mark: string) => ({ length: 1, sha256: mark.repeat(64) });
const looked = (
  name: string,
  more: Partial<Omit<Looked, 'version'>> & { readonly version?: string } = {},
): Looked => ({
  name: name as Name,
  domain: 'os',
  image: digest('a'),
  look: {},
  delta: {},
  ...more,
  version: (more.version ?? '2.0.0') as Version,
});
const lastOne = (more: Partial<Before> = {}): ReadonlyMap<Name, Before> =>
  new Map([
    [
      'linux' as Name,
      { release: '1.0.0' as Version, version: '1.0.0' as Version, image: digest('b'), ...more },
    ],
  ]);

describe('what is odd', () => {
  test.each<[Rule, Looked, ReadonlyMap<Name, Before>, boolean]>([
    ['blank-image', looked('linux', { look: { blank: 255 } }), lastOne(), true],
    [
      'other-architecture',
      looked('linux', { look: { architecture: 'arm' } }),
      lastOne({ architecture: 'aarch64' }),
      true,
    ],
    ['version-back', looked('linux', { version: '0.9.0' }), lastOne(), true],
    [
      'packed-image',
      looked('linux', { look: { packed: { form: 'xz', advice: 'do not' } } }),
      lastOne(),
      false,
    ],
    ['same-image', looked('linux'), lastOne({ image: digest('a') }), false],
    ['same-version', looked('linux', { version: '1.0.0' }), lastOne(), false],
  ])('%s, until it is allowed', (rule, component, last, refused) => {
    const found = lint([component], last);
    expect(found.map((finding) => [finding.rule, finding.refused])).toEqual([[rule, refused]]);
    expect(lint([component], last, new Set([rule]))).toEqual([]);
    if (!refused) return refuseFindings(found);
    expect(() => refuseFindings(found)).toThrow(
      expect.objectContaining({ code: 'image-refused', where: 'linux' }),
    );
  });

  test('one sibling of another architecture in a domain, told once', () => {
    const mixed = [
      looked('app', { look: { architecture: 'x86-64' } }),
      looked('linux', { look: { architecture: 'aarch64' } }),
    ];
    expect(lint(mixed, new Map()).map(({ rule, component }) => [rule, component])).toEqual([
      ['mixed-architectures', 'linux'],
    ]);
    const controllers = mixed.map((component) => ({ ...component, domain: 'coprocessor' as const }));
    expect(lint(controllers, new Map())).toEqual([]);
  });

  test('nothing about what is usual', () => {
    expect(lint([looked('linux')], lastOne())).toEqual([]);
    expect(lint([looked('linux', { version: '1.0.0' })], lastOne({ image: digest('a') }))).toEqual([]);
    // A version that is not a semantic one has no order.
    expect(
      lint([looked('linux', { version: '2024.04' })], lastOne({ version: '2025.01' as Version })),
    ).toEqual([]);
    const packed = { form: 'xz', advice: 'do not' };
    expect(lint([looked('linux', { look: { packed }, delta: false })], lastOne())).toEqual([]);
  });

  test('all that refuses is told at once, and how to allow it', () => {
    const found = lint(
      [looked('linux', { look: { blank: 0 }, version: '0.1.0' }), looked('radio', { look: { blank: 0 } })],
      lastOne(),
    );
    let error: OtaError | undefined;
    try {
      refuseFindings(found);
    } catch (thrown) {
      error = thrown as OtaError;
    }
    expect(error?.faults.map(({ where }) => where)).toEqual(['linux', 'linux', 'radio']);
    expect(error?.hint).toContain('--allow blank-image --allow version-back');
  });
});

test('what a component was is what the last release that had it says', () => {
  const manifest = (version: string, names: readonly string[]) =>
    ({
      version,
      components: names.map((name) => ({ name, version, image: digest('a') })),
    }) as unknown as Manifest;
  const found = beforeOf([manifest('1.0.0', ['linux', 'radio']), manifest('2.0.0', ['linux'])]);
  expect(found.get('linux' as Name)?.release).toBe('2.0.0');
  expect(found.get('radio' as Name)?.release).toBe('1.0.0');
});
