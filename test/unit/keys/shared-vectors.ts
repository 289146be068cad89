import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../../../shared/vectors');

/** Vectors by others, which are not part of the project; `undefined`, said aloud, where they are not at hand. */
export function sharedVectors<T>(name: string): T | undefined {
  const path = join(FOLDER, name);
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as T;
  console.warn(`SKIPPED: the vectors ${name} are not at hand`);
  return undefined;
}
