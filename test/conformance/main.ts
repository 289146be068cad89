import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { OtaError } from '../../src/core/errors.ts';
import { fetchArtifact } from '../../src/device/client/artifact.ts';
import { pinRoot, refresh } from '../../src/device/client/refresh.ts';
import type { TrustedRepository } from '../../src/device/client/repository.ts';
import { httpStore } from '../../src/storage/http.ts';
import type { ReadStore } from '../../src/storage/store.ts';
import { shownState } from './shown-state.ts';

const now = (): number => Math.floor(Date.now() / 1000);

/**
 * Answers to the command line that the TUF conformance suite gives a client (its CLIENT-CLI.md): `init`, `refresh` and
 * `download`, on the client of `src/device/client`.
 *
 * @returns the exit code: 0, or 1 for any failure
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    await run(args);
    return 0;
  } catch (error) {
    const said = error instanceof OtaError ? `${error.code}: ${error.message}` : String(error);
    process.stderr.write(`${said}\n`);
    return 1;
  }
}

async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      'metadata-dir': { type: 'string' },
      'metadata-url': { type: 'string' },
      'target-name': { type: 'string', multiple: true },
      'target-base-url': { type: 'string' },
      'target-dir': { type: 'string' },
    },
  });
  const flag = (name: 'metadata-dir' | 'metadata-url' | 'target-base-url' | 'target-dir'): string =>
    values[name] ?? missing(`--${name}`);
  const state = shownState(flag('metadata-dir'));
  const [command, rootFile] = positionals;
  if (command === 'init') {
    await pinRoot(state, await readFile(rootFile ?? missing('TRUSTED_ROOT')), now());
    return;
  }
  if (command !== 'refresh' && command !== 'download') throw new Error(`no command ${command}`);
  const metadata = flag('metadata-url');
  const targets = command === 'download' ? flag('target-base-url') : metadata;
  const repository = await refresh({
    store: storeOf(metadata, targets),
    state,
    now: now(),
    keep: 'each',
  });
  if (command === 'refresh') return;
  for (const path of values['target-name'] ?? []) await download(repository, path, flag('target-dir'));
}

async function download(repository: TrustedRepository, path: string, folder: string): Promise<void> {
  const target = await repository.locate(path);
  if (!target) throw new Error(`nobody vouches for ${path}`);
  await fetchArtifact(repository, target, join(folder, encodeURIComponent(path)));
}

/** Our one store, `metadata/` and `targets/`, over the suite's two addresses. */
function storeOf(metadata: string, targets: string): ReadStore {
  const below = (key: string): readonly [ReadStore, string] => {
    const slash = key.indexOf('/') + 1;
    return [httpStore(key.startsWith('metadata/') ? metadata : targets), key.slice(slash)];
  };
  return {
    url: metadata,
    read: (key, maxBytes) => {
      const [store, rest] = below(key);
      return store.read(rest, maxBytes);
    },
    stream: (key) => {
      const [store, rest] = below(key);
      return store.stream(rest);
    },
    stat: (key) => {
      const [store, rest] = below(key);
      return store.stat(rest);
    },
  };
}

function missing(what: string): never {
  throw new Error(`${what} is missing`);
}
