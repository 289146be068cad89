import { describe, expect, test } from 'vitest';
import { parseReleaseFile } from '../../../src/bundle/release-file/parse.ts';
import { OtaError } from '../../../src/core/errors.ts';

const HEAD = 'product: gateway\nversion: 2.4.0\nhardware: [gw-a1, gw-b2]\ncomponents:\n';
/** Starts on line 5. */
const component = (name: string, fields = ''): string =>
  `  ${name}:\n    domain: os\n    file: ${name}.bin\n    version: 1.0.0\n    counter: 1\n${fields}`;

function faultsOf(text: string): string[] {
  try {
    parseReleaseFile(text, 'ota.yaml');
  } catch (error) {
    if (!(error instanceof OtaError)) throw error;
    expect(error.code).toBe('release-file-invalid');
    return error.faults.map(({ where, message }) => `${where} ${message}`);
  }
  return [];
}

describe('a right release file', () => {
  test('the example of the design is read whole', () => {
    const text = `product: gateway
version: 2.4.0
hardware: [gw-a1, gw-b2]
notes: release-notes.md
components:
  u-boot:
    domain: bootloader
    file: build/u-boot.bin
    version: 2025.1.0
    counter: 7                      # a comment
    slot: {name: boot, size: 1 MiB}
    delta: false
  linux:
    domain: os
    file: build/rootfs.ext4
    version: 6.1.192
    counter: 31
    provides: {rpmsg-api: 3.1.0}
    requires: {u-boot: ">=2024.1.0"}
    compression: zstd
  radio:
    domain: coprocessor
    file: build/radio.bin
    version: 1.9.2
    counter: 4
    requires: {rpmsg-api: ">=3 <4"}
    delta: {memory: 64 KiB}
    hardware: [gw-b2]
    group: wireless
    order: 2
    reboot: true
  rom:
    domain: bootloader
    version: 1.0.0
    updateable: false
    reason: in mask ROM
    provides: {handover: 2.0.0}
store: s3://bucket/prefix
extras: [sbom.json]
keys: [keys/a.key.age]
deltas: {from: 5}
keep: {versions: [1.0.0]}
channel: beta
trust: anchors
`;
    expect(parseReleaseFile(text, 'ota.yaml')).toEqual({
      product: 'gateway',
      version: '2.4.0',
      hardware: ['gw-a1', 'gw-b2'],
      notes: 'release-notes.md',
      extras: ['sbom.json'],
      store: 's3://bucket/prefix',
      channel: 'beta',
      keys: ['keys/a.key.age'],
      trust: 'anchors',
      deltas: { from: 5 },
      keep: { releases: 5, versions: ['1.0.0'] },
      components: [
        {
          name: 'u-boot',
          domain: 'bootloader',
          file: 'build/u-boot.bin',
          version: '2025.1.0',
          counter: 7,
          provides: {},
          requires: {},
          compression: 'zstd',
          slot: { name: 'boot', size: 1_048_576 },
          delta: false,
          order: 0,
          reboot: false,
        },
        {
          name: 'linux',
          domain: 'os',
          file: 'build/rootfs.ext4',
          version: '6.1.192',
          counter: 31,
          provides: { 'rpmsg-api': '3.1.0' },
          requires: { 'u-boot': '>=2024.1.0' },
          compression: 'zstd',
          delta: {},
          order: 0,
          reboot: false,
        },
        {
          name: 'radio',
          domain: 'coprocessor',
          file: 'build/radio.bin',
          version: '1.9.2',
          counter: 4,
          provides: {},
          requires: { 'rpmsg-api': '>=3 <4' },
          compression: 'zstd',
          delta: { memory: 65_536 },
          hardware: ['gw-b2'],
          group: 'wireless',
          order: 2,
          reboot: true,
        },
      ],
      fixed: [
        {
          name: 'rom',
          domain: 'bootloader',
          version: '1.0.0',
          provides: { handover: '2.0.0' },
          reason: 'in mask ROM',
        },
      ],
    });
  });

  test('what is left out has its usual value', () => {
    const file = parseReleaseFile(HEAD + component('linux'), 'ota.yaml');
    expect(file).toMatchObject({
      channel: 'stable',
      keys: [],
      trust: 'trust',
      deltas: { from: 3 },
      keep: { releases: 5, versions: [] },
      extras: [],
    });
    expect(file).not.toHaveProperty('notes');
    expect(file).not.toHaveProperty('store');
  });
});

const FAULTS: readonly (readonly [string, string, readonly string[]])[] = [
  ['nothing', '', ['1:1 the file: must be a list of fields, each "name: value"']],
  ['a list', '- a\n', ['1:1 the file: must be a list of fields, each "name: value"']],
  [
    'every field of the top missing',
    'channel: stable\n',
    ['product', 'version', 'hardware', 'components'].map((field) => `1:1 ${field} is missing`),
  ],
  [
    'an unknown field, with the closest',
    `${HEAD}${component('linux')}chanel: beta\n`,
    ['10:1 unknown field "chanel"; did you mean "channel"?'],
  ],
  [
    'an unknown field that nothing is like',
    `${HEAD}${component('linux')}xyzzy: 1\n`,
    ['10:1 unknown field "xyzzy"'],
  ],
  [
    'an unknown field of a component',
    `${HEAD}${component('linux', '    versoin: 2\n')}`,
    ['10:5 unknown field "versoin" in components.linux; did you mean "version"?'],
  ],
  [
    'an unknown field deep down',
    `${HEAD}${component('linux', '    delta: {memroy: 1}\n')}`,
    ['10:13 unknown field "memroy" in components.linux.delta; did you mean "memory"?'],
  ],
  [
    'an encoder that is not known',
    `${HEAD}${component('linux', '    delta: {unpack: [gzip]}\n')}`,
    [
      '10:22 components.linux.delta.unpack[0] must be one of zlib-1.2, liblzma-5, lzma-sdk, zstd-1.5.4, zstd-1.5.7, not "gzip"',
    ],
  ],
  [
    'a name with capitals',
    `${HEAD}${component('Linux')}`,
    ['5:3 "Linux" is not a name: use 1 to 63 of a-z, 0-9 and "-", starting with a letter or digit'],
  ],
  [
    'a name with ../, and what is wrong inside of it',
    `${HEAD}  ../x:\n    domain: os\n    file: a\n    version: 1.0.0\n    counter: -1\n`,
    [
      '5:3 "../x" is not a name: use 1 to 63 of a-z, 0-9 and "-", starting with a letter or digit',
      '9:14 components.../x.counter: must be a whole number from 0',
    ],
  ],
  ['one name twice', `${HEAD}${component('linux')}${component('linux')}`, ['10:3 "linux" is there twice']],
  ['one field twice', `product: a\n${HEAD}${component('linux')}`, ['2:1 "product" is there twice']],
  [
    'a version that YAML reads as a number',
    `${HEAD.replace('2.4.0', '2.4')}${component('linux')}`,
    ['2:10 version: must be text: write a version in quotes'],
  ],
  [
    'a version with ..',
    `${HEAD.replace('2.4.0', '2..4')}${component('linux')}`,
    ['2:10 version: "2..4" is not a version: ".." and a final "." are not allowed'],
  ],
  [
    'a version with +',
    `${HEAD.replace('2.4.0', '2.4.0+1')}${component('linux')}`,
    [
      '2:10 version: "2.4.0+1" is not a version: use 1 to 64 of 0-9, A-Z, a-z, "." and "-", starting with a digit, such as 2.4.0',
    ],
  ],
  [
    'a counter that is no whole number',
    `${HEAD}${component('linux').replace('counter: 1', 'counter: 1.5')}`,
    ['9:14 components.linux.counter: must be a whole number from 0'],
  ],
  [
    'a counter past what a number holds',
    `${HEAD}${component('linux').replace('counter: 1', 'counter: 9007199254740993')}`,
    ['9:14 components.linux.counter: must be a whole number from 0'],
  ],
  [
    'a component without fields',
    `${HEAD}  linux:\n`,
    ['5:9 components.linux: must be a list of fields, each "name: value"'],
  ],
  [
    'a component with some fields missing',
    `${HEAD}  linux:\n    domain: os\n    version: 1.0.0\n`,
    ['5:3 components.linux.file is missing', '5:3 components.linux.counter is missing'],
  ],
  [
    'a domain with a typo',
    `${HEAD}${component('linux').replace('domain: os', 'domain: bootlaoder')}`,
    [
      '6:13 components.linux.domain must be one of bootloader, os, app, coprocessor, not "bootlaoder"; did you mean "bootloader"?',
    ],
  ],
  [
    'a size without a unit that exists',
    `${HEAD}${component('linux', '    slot: {name: boot, size: 1 Mib}\n')}`,
    [
      '10:30 components.linux.slot.size: "1 Mib" is not a size: write a whole number of B, KiB, MiB, GiB, kB, MB or GB, such as 64 KiB',
    ],
  ],
  [
    'delta: true',
    `${HEAD}${component('linux', '    delta: true\n')}`,
    ['10:12 components.linux.delta: must be false, or limits such as {memory: 64 KiB}'],
  ],
  [
    'a range that is none',
    `${HEAD}${component('linux', '    requires: {linux2: ">>3"}\n')}${component('linux2')}`,
    ['10:24 components.linux.requires.linux2: ">>3" is not a range of semantic versions, such as ">=3 <4"'],
  ],
  [
    'a requirement that is not there, with the closest',
    `${HEAD}${component('u-boot')}${component('linux', '    requires: {uboot: ">=1"}\n')}`,
    [
      '15:16 linux requires "uboot", which no component of this release is or provides; did you mean "u-boot"?',
    ],
  ],
  [
    'a requirement that this release does not meet',
    `${HEAD}${component('u-boot')}${component('linux', '    requires: {u-boot: ^2}\n')}`,
    ['15:16 linux requires u-boot ^2, but this release has 1.0.0'],
  ],
  [
    'a range asked of a version that is not semantic',
    `${HEAD}${component('u-boot').replace('1.0.0', '2025.01')}${component('linux', '    requires: {u-boot: ">=1"}\n')}`,
    // YAML reads 2025.01 as a number, and then the requirement has nothing to be held against.
    ['8:14 components.u-boot.version: must be text: write a version in quotes'],
  ],
  [
    'a range asked of a quoted version that is not semantic',
    `${HEAD}${component('u-boot').replace('1.0.0', '"2025.01"')}${component('linux', '    requires: {u-boot: ">=1"}\n')}`,
    [
      '15:16 linux requires a range of u-boot, whose version 2025.01 is not a semantic version (such as 2.4.0)',
    ],
  ],
  [
    'two components in one slot',
    `${HEAD}${component('a', '    slot: {name: boot, size: 1}\n')}${component('b', '    slot: {name: boot, size: 1}\n')}`,
    ['16:12 b and a both go into the slot "boot"'],
  ],
  [
    'one interface provided twice',
    `${HEAD}${component('a', '    provides: {api: 1.0.0}\n')}${component('b', '    provides: {api: 1.0.0}\n')}`,
    ['16:16 b provides "api", which a provides already'],
  ],
  [
    'one interface provided once on each hardware, out of range on one and missing on none',
    `${HEAD}${component('a', '    hardware: [gw-a1]\n    provides: {api: 1.0.0}\n')}${component('b', '    hardware: [gw-b2]\n    provides: {api: 2.0.0}\n')}${component('c', '    requires: {api: ^1}\n')}`,
    ['24:16 c requires api ^1, but this release has 2.0.0 on hardware gw-b2'],
  ],
  [
    'a requirement that only other hardware has',
    `${HEAD}${component('a', '    hardware: [gw-a1]\n')}${component('b', '    requires: {a: "*"}\n')}`,
    ['16:16 b requires a, which nothing on hardware gw-b2 is or provides'],
  ],
  [
    'an interface with the name of a component',
    `${HEAD}${component('a')}${component('b', '    provides: {a: 1.0.0}\n')}`,
    ['15:16 b provides "a", which a is already'],
  ],
  [
    'a part that is never updated, with what only an update needs',
    `${HEAD}  a:\n    domain: bootloader\n    version: 1.0.0\n    updateable: false\n    file: rom.bin\n`,
    [
      '5:3 components.a.reason is missing',
      '9:5 field "file" in components.a does not go with its other fields',
    ],
  ],
  [
    'hardware that the product does not have',
    `${HEAD}${component('a', '    hardware: [gw-a1, gw-b3]\n')}`,
    ['10:23 a is for hardware "gw-b3", which this release does not name; did you mean "gw-b2"?'],
  ],
  [
    'an alias',
    `${HEAD}  a: &x\n    domain: os\n    file: a\n    version: 1.0.0\n    counter: 1\n  b: *x\n`,
    ['10:6 an alias (*) is not allowed here: write the value out'],
  ],
  ['a tab for indentation', `${HEAD}\tlinux: 1\n`, ['5:1 tabs are not allowed as indentation']],
  [
    'a name that is __proto__',
    `${HEAD}${component('linux')}  __proto__:\n    domain: os\n`,
    ['10:3 not a field name: it must be text (write it in quotes), and not "__proto__"'],
  ],
];

describe('faults have their line and column', () => {
  test.each(FAULTS)('%s', (_, text, faults) => {
    expect(faultsOf(text)).toEqual(faults);
  });

  test('all of them are told at once, in the order of the text', () => {
    const text = `product: Gateway\nversion: 1\nhardware: []\ncomponents:\n${component('a', '    requires: {c: "*"}\n')}  b: 5\nkys: []\n`;
    expect(faultsOf(text).map((fault) => fault.split(' ', 1)[0])).toEqual([
      '1:10',
      '2:10',
      '3:11',
      '10:16',
      '11:6',
      '12:1',
    ]);
  });
});

describe('what would harm the reader', () => {
  test('many levels of nesting are a fault, not a crash', () => {
    expect(faultsOf(`product: ${'['.repeat(200_000)}`).length).toBeGreaterThan(0);
  });

  test('a billion laughs does not grow', () => {
    const levels = Array.from({ length: 30 }, (_, level) =>
      level === 0 ? 'a0: &a0 [x]' : `a${level}: &a${level} [*a${level - 1}, *a${level - 1}]`,
    );
    expect(faultsOf(levels.join('\n'))[0]).toBe('2:10 an alias (*) is not allowed here: write the value out');
  });

  test('a text of a megabyte is refused unread', () => {
    expect(() => parseReleaseFile(`# ${'x'.repeat(1 << 20)}`, 'ota.yaml')).toThrow(
      expect.objectContaining({ code: 'input-too-large' }),
    );
  });
});
