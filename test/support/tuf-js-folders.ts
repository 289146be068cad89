import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { directoryStore } from '../../src/storage/directory.ts';
import type { ReadStore } from '../../src/storage/store.ts';
import { tufJsAccepts } from './tuf-js.ts';

/** One for each folder, so that a client follows it from state to state, and the timestamp that it took last. */
const stores = new Map<string, { readonly store: ReadStore; timestamp: string }>();
/** How far below a folder a repository may be. */
const DEPTH = 3;

/** Requires that tuf-js accepts every repository in a folder, each from its own first root, at the present time. */
export async function tufJsAcceptsAll(folder: string): Promise<void> {
  for (const path of repositoriesIn(folder, DEPTH)) {
    const known = stores.get(path) ?? { store: directoryStore(path), timestamp: '' };
    const timestamp = readFileSync(join(path, 'metadata/timestamp.json'), 'utf8');
    if (timestamp === known.timestamp) continue;
    const root = readFileSync(join(path, 'metadata/1.root.json'));
    await tufJsAccepts(known.store, root, Math.floor(Date.now() / 1000));
    stores.set(path, { ...known, timestamp });
  }
}

/** A medium is a part of one, without all that its roles list. */
function repositoriesIn(folder: string, depth: number): readonly string[] {
  if (existsSync(join(folder, 'ota-media.json'))) return [];
  if (existsSync(join(folder, 'metadata/timestamp.json'))) return [realpathSync(folder)];
  if (depth === 0) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => repositoriesIn(join(folder, name), depth - 1));
}
