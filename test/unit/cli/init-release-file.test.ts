import { describe, expect, it } from 'vitest';
import { parseReleaseFile } from '../../../src/bundle/release-file/parse.ts';
import {
  parseComponents,
  parseHardware,
  parseProduct,
  USUAL_COMPONENTS,
} from '../../../src/cli/init/plan.ts';
import { extendGitignore, initialReleaseFile, nextCommands } from '../../../src/cli/init/release-file.ts';
import { fillTemplate, yamlText } from '../../../src/cli/init/template.ts';
import { DOMAINS } from '../../../src/core/names.ts';

const plan = (product: string, hardware: readonly string[], components: readonly string[]) => ({
  product: parseProduct(product),
  hardware: parseHardware(hardware),
  components: parseComponents(components),
});
const usual = plan(
  'gateway',
  ['gw-a1', 'gw-b2'],
  DOMAINS.map((domain) => USUAL_COMPONENTS[domain]),
);

describe('ota.yaml', () => {
  it('parses, with what was planned and what is usual', async () => {
    const file = parseReleaseFile(await initialReleaseFile(usual), 'ota.yaml');
    expect(file).toMatchObject({
      product: 'gateway',
      version: '1.0.0',
      hardware: ['gw-a1', 'gw-b2'],
      store: './repository',
      channel: 'stable',
      keys: ['keys/release.key.age', 'keys/online.key.age'],
      trust: 'trust',
      deltas: { from: 3 },
      keep: { releases: 5, versions: [] },
    });
    expect(file.components.map(({ name, domain, file: path }) => `${name}:${domain}:${path}`)).toEqual(
      DOMAINS.map((domain) => USUAL_COMPONENTS[domain]),
    );
    expect(file.components.map(({ delta }) => delta)).toEqual([false, {}, {}, { memory: 65_536 }]);
  });

  it('parses with its commented examples taken in', async () => {
    const text = await initialReleaseFile(usual);
    const all = text.replace(/^( *)# (\w+: (?:\{.*|\S+\.md) *(?:#.*)?)$/gm, '$1$2');
    expect(all.split('\n').filter((line, index) => line !== text.split('\n')[index])).toHaveLength(5);
    const file = parseReleaseFile(all, 'ota.yaml');
    expect(file.notes).toBe('release-notes.md');
    expect(file.components[0]?.slot).toEqual({ name: 'boot', size: 2 ** 20 });
  });

  it('keeps names and paths that YAML would read as something else', async () => {
    const odd = plan('1e3', ['true', '0x1f', 'null'], ['no:app:a: b #c/ü "q".bin', 'y2:os:-x']);
    const file = parseReleaseFile(await initialReleaseFile(odd), 'ota.yaml');
    expect(file).toMatchObject({ product: '1e3', hardware: ['true', '0x1f', 'null'] });
    expect(file.components.map(({ name, file: path }) => [name, path])).toEqual([
      ['no', 'a: b #c/ü "q".bin'],
      ['y2', '-x'],
    ]);
  });

  it('says how each kind of part is best treated', async () => {
    const text = await initialReleaseFile(usual);
    expect(text.match(/#/g)?.length).toBeGreaterThan(10);
    expect(text).not.toContain('{{');
  });
});

it('the next commands carry a passphrase file where one was made', async () => {
  expect(await nextCommands('gw', undefined)).toEqual([
    'ota bundle',
    'ota sign gw-1.0.0.ota',
    'ota publish gw-1.0.0.ota',
  ]);
  expect(await nextCommands('gw', 'keys/passphrase.txt')).toEqual([
    'ota bundle',
    'ota sign gw-1.0.0.ota --passphrase-file keys/passphrase.txt',
    'ota publish gw-1.0.0.ota --passphrase-file keys/passphrase.txt',
  ]);
});

describe('.gitignore', () => {
  it('keeps secrets out and public keys in', async () => {
    const lines = (await extendGitignore(''))?.split('\n') ?? [];
    expect(lines).toContain('/keys/*.key.age');
    expect(lines).toContain('/keys/passphrase.txt');
    expect(lines.some((line) => !line.startsWith('#') && line.includes('.pub'))).toBe(false);
  });

  it('adds only what is missing, after what is there', async () => {
    const extended = (await extendGitignore('node_modules/\n  /repository/ \n*.o')) ?? '';
    expect(extended.startsWith('node_modules/\n  /repository/ \n*.o\n#')).toBe(true);
    expect(extended.match(/repository/g)).toHaveLength(1);
    expect(await extendGitignore(extended)).toBeUndefined();
  });
});

it('a template with a name that has no value is a bug', () => {
  expect(fillTemplate('{{a}}-{{a}} {b}', { a: '$&' })).toBe('$&-$& {b}');
  expect(() => fillTemplate('{{b}}', { a: 'x' })).toThrow('no value for b');
  expect(() => fillTemplate('{{toString}}', {})).toThrow('no value');
});

it('yamlText quotes what must be quoted', () => {
  expect(['gw-a1', 'build/x.bin', 'yes', 'NULL', '7', './x', 'a b', ''].map(yamlText)).toEqual([
    'gw-a1',
    'build/x.bin',
    '"yes"',
    '"NULL"',
    '"7"',
    '"./x"',
    '"a b"',
    '""',
  ]);
});
