import { readFileSync, statSync } from 'node:fs';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/core/digest.ts';
import { temporaryFolder } from '../support/cli.ts';
import { buildStandalone, offline } from '../support/offline.ts';

const folder = await temporaryFolder();
const built = await buildStandalone(folder);

/** Of Node: nothing that reaches another machine. `child_process` is for a signer behind a command of the officer's own. */
const BUILTINS = [
  'async_hooks',
  'buffer',
  'child_process',
  'crypto',
  'fs',
  'fs/promises',
  'os',
  'path',
  'perf_hooks',
  'process',
  'readline',
  'stream',
  'string_decoder',
  'timers/promises',
  'tty',
  'url',
  'util',
];
/** Loaded only where they lie beside it: a driver of tokens, and a matcher that is never asked for. */
const OPTIONAL = ['pkcs11js', 'picomatch'];
const imports = Object.values(built.metafile.outputs)
  .flatMap((output) => output.imports)
  .map(({ path }) => path.replace(/^node:/, ''));

describe('the tool for offline machines', () => {
  test('imports nothing that opens a connection, and no code of publishing, of stores on a network or of fetching', () => {
    expect(imports).toContain('fs');
    expect(imports.filter((path) => !BUILTINS.includes(path) && !OPTIONAL.includes(path))).toEqual([]);
    const inputs = Object.keys(built.metafile.inputs);
    expect(inputs).toContain('src/requests/review.ts');
    const forbidden =
      /^src\/(?:publish\/|storage\/(?:http|s3|open)|device\/(?:fetch|client\/(?:fetch|download|refresh)))|@aws-sdk|@smithy|ssh-agent-socket/;
    expect(inputs.filter((path) => forbidden.test(path))).toEqual([]);
  });

  test('requires nothing else at run time either, and takes away what could fetch', async () => {
    const text = readFileSync(built.file, 'utf8');
    const required = [...text.matchAll(/\b(?:require|import)\("(?:node:)?([a-z_0-9/]+)"\)/g)].map(
      ([, path]) => path ?? '',
    );
    expect(required.length).toBeGreaterThan(20);
    expect(
      [...new Set(required)].filter((path) => !BUILTINS.includes(path) && !OPTIONAL.includes(path)),
    ).toEqual([]);
    const probe = `require(${JSON.stringify(built.file)}); console.log(typeof fetch, typeof WebSocket)`;
    expect((await execa(process.execPath, ['-e', probe])).stdout).toBe('undefined undefined');
    expect((await execa(process.execPath, ['-e', 'console.log(typeof fetch)'])).stdout).toBe('function');
  });

  test('is the same file when it is built again, and its SHA-256 is printed', async () => {
    const again = await buildStandalone(await temporaryFolder(), 'again.cjs');
    expect(sha256(readFileSync(again.file))).toBe(sha256(readFileSync(built.file)));
    expect(again.stdout).toBe(`${sha256(readFileSync(built.file))}  ${again.file}`);
    expect(statSync(built.file).mode & 0o111).toBe(0o111);
  });

  test('runs with nothing but Node, and says what it can do', async () => {
    const empty = await temporaryFolder();
    const help = await offline(built.file, empty, ['--help']);
    expect(help).toMatchObject({ exitCode: 0 });
    for (const command of ['sign', 'inspect', 'request']) expect(help.stdout).toContain(command);
    expect((await offline(built.file, empty, ['sign', '--help'])).stdout).toContain('--confirm=NAME');
    expect((await offline(built.file, empty, ['publish', 'x'])).exitCode).not.toBe(0);
    const missing = await offline(built.file, empty, ['inspect', 'nothing', '--json']);
    expect([missing.exitCode, JSON.parse(missing.stdout).error.code]).toEqual([3, 'input-missing']);
  });
});
