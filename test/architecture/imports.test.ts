import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

/** Which folders a folder may import from, besides itself. Imports run one way. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: [],
  files: ['core'],
  keys: ['core', 'files'],
  storage: ['core', 'files'],
  delta: ['core', 'files', 'storage'],
  repository: ['core', 'keys'],
  bundle: ['core', 'files', 'keys'],
  requests: ['core', 'keys', 'repository', 'bundle'],
  ceremony: ['core', 'keys', 'repository', 'requests'],
  device: ['core', 'files', 'keys', 'storage', 'delta', 'repository', 'bundle'],
  publish: ['core', 'files', 'keys', 'storage', 'delta', 'repository', 'bundle', 'requests', 'device'],
  verify: ['core', 'keys', 'storage', 'delta', 'repository', 'bundle', 'device', 'publish'],
  retention: ['core', 'storage', 'bundle', 'repository', 'device', 'publish'],
  simulate: ['core', 'storage', 'repository', 'device', 'publish'],
  media: ['core', 'files', 'keys', 'storage', 'delta', 'repository', 'bundle', 'device', 'publish', 'verify'],
  cli: [
    'core',
    'files',
    'keys',
    'storage',
    'delta',
    'repository',
    'bundle',
    'requests',
    'device',
    'publish',
    'ceremony',
    'verify',
    'retention',
    'simulate',
    'media',
  ],
  commands: [
    'core',
    'files',
    'keys',
    'storage',
    'delta',
    'repository',
    'bundle',
    'requests',
    'device',
    'publish',
    'ceremony',
    'verify',
    'retention',
    'simulate',
    'media',
    'cli',
  ],
  offline: [
    'core',
    'files',
    'keys',
    'storage',
    'delta',
    'repository',
    'bundle',
    'requests',
    'device',
    'publish',
    'ceremony',
    'verify',
    'retention',
    'simulate',
    'media',
    'cli',
    'commands',
  ],
};

/** Each package has one owner; a path ending in `/` owns for all below it. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  '@oclif/core': ['commands/', 'cli/', 'offline/'],
  '@aws-sdk/client-s3': ['storage/s3'],
  '@noble/ed25519': ['keys/'],
  '@noble/hashes': ['media/page/adapters/'],
  'age-encryption': ['keys/'],
  pkcs11js: ['keys/signers/pkcs11'],
  '@scure/bip39': ['keys/fingerprint'],
  archiver: ['bundle/'],
  '@bokuweb/zstd-wasm': ['bundle/', 'delta/contain/codecs/zstd'],
  '@foxglove/wasm-zstd': ['delta/contain/codecs/zstd'],
  'lzma-native': ['delta/coder/'],
  pako: ['delta/contain/codecs/zlib'],
  yaml: ['bundle/'],
  zod: ['bundle/'],
  semver: ['bundle/'],
  'fastest-levenshtein': ['bundle/'],
  inquirer: ['cli/'],
  qr: ['cli/'],
  chalk: ['cli/'],
  fflate: ['cli/'],
};

/** Loaded only by what uses them, so that every other command starts fast. */
const HEAVY = [
  '@aws-sdk/client-s3',
  'archiver',
  'inquirer',
  'age-encryption',
  '@bokuweb/zstd-wasm',
  '@foxglove/wasm-zstd',
  'lzma-native',
  'pako',
  'fflate',
  'qr',
  'pkcs11js',
  '@scure/bip39',
];

const IO_MODULES = [
  'node:fs',
  'node:fs/promises',
  'node:net',
  'node:http',
  'node:https',
  'node:child_process',
  'node:os',
];
/** What may touch the machine directly; all else reaches files through `files/` and `storage/`. */
const IO_PATHS = [
  'files/',
  'storage/',
  'cli/',
  'keys/signers/exec-run.ts',
  'keys/signers/ssh-agent-socket.ts',
];
/** Pure: the same arguments give the same result; time and random bytes are parameters. */
const PURE_FOLDERS = ['core', 'repository', 'requests', 'ceremony'];
/** What no pure module may name. */
const AMBIENT = [
  /\bDate\.now\(/,
  /\bnew Date\(\)/,
  /\bMath\.random\(/,
  /\brandomBytes\b/,
  /\bprocess\./,
  /\bfetch\(/,
];

interface Import {
  readonly specifier: string;
  readonly dynamic: boolean;
  readonly typeOnly: boolean;
}

interface Module {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const modules: readonly Module[] = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => {
    const file = join(entry.parentPath, entry.name);
    const path = relative(SRC, file).replaceAll('\\', '/');
    const text = readFileSync(file, 'utf8');
    return { path, folder: path.split('/')[0] ?? '', text, imports: importsOf(text) };
  });

function importsOf(text: string): Import[] {
  const found: Import[] = [];
  for (const match of text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm)) {
    found.push({ specifier: match[2] ?? '', dynamic: false, typeOnly: match[1] !== undefined });
  }
  for (const match of text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)) {
    found.push({ specifier: match[1] ?? '', dynamic: true, typeOnly: false });
  }
  return found;
}

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

const faults = (check: (module: Module) => readonly string[]): string[] =>
  modules.flatMap((module) => check(module).map((fault) => `${module.path}: ${fault}`));

describe('architecture', () => {
  test('there are modules to check, and every folder has its rule', () => {
    expect(modules.length).toBeGreaterThan(20);
    expect(new Set(modules.map((module) => module.folder))).toEqual(new Set(Object.keys(ALLOWED)));
  });

  test('imports run one way', () => {
    expect(
      faults((module) =>
        module.imports
          .filter(({ specifier }) => specifier.startsWith('.'))
          .map(({ specifier }) => join(dirname(module.path), specifier).split('/')[0] ?? '')
          .filter((folder) => folder !== module.folder && !ALLOWED[module.folder]?.includes(folder))
          .map((folder) => `may not import from ${folder}/`),
      ),
    ).toEqual([]);
  });

  test('each package has one owner', () => {
    expect(
      faults((module) =>
        module.imports
          .map(({ specifier }) => specifier)
          .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
          .filter(
            (specifier) => !OWNERS[packageOf(specifier)]?.some((owner) => module.path.startsWith(owner)),
          )
          .map((specifier) => `does not own ${specifier}`),
      ),
    ).toEqual([]);
  });

  test('heavy packages are loaded where they are used, not at the start', () => {
    expect(
      faults((module) =>
        module.imports
          .filter(
            ({ specifier, dynamic, typeOnly }) =>
              !dynamic && !typeOnly && HEAVY.includes(packageOf(specifier)),
          )
          .map(({ specifier }) => `imports ${specifier} statically`),
      ),
    ).toEqual([]);
  });

  test('only the rim touches files, processes and the network', () => {
    expect(
      faults((module) =>
        IO_PATHS.some((path) => module.path.startsWith(path))
          ? []
          : module.imports
              .filter(({ specifier, typeOnly }) => !typeOnly && IO_MODULES.includes(specifier))
              .map(({ specifier }) => `imports ${specifier}`),
      ),
    ).toEqual([]);
  });

  test('pure folders name no clock, no randomness, no process and no network', () => {
    expect(
      faults((module) =>
        PURE_FOLDERS.includes(module.folder)
          ? AMBIENT.filter((pattern) => pattern.test(module.text)).map((pattern) => `has ${pattern}`)
          : [],
      ),
    ).toEqual([]);
  });
});
