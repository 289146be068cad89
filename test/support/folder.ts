import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, afterEach, beforeEach } from 'vitest';

/** A folder of its own for each test of a file, gone after it. */
export function freshFolder(): { readonly path: string; at(...names: string[]): string } {
  let path = '';
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'ota-test-'));
  });
  afterEach(() => rmSync(path, { recursive: true, force: true }));
  return {
    get path() {
      return path;
    },
    at: (...names) => join(path, ...names),
  };
}

/** One folder for all tests of a file, gone after them. */
export function sharedFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'ota-test-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Every file below a folder, by its path in it, sorted; none where there is no folder. */
export function filesBelow(folder: string): Map<string, Buffer> {
  if (!existsSync(folder)) return new Map();
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return new Map(entries.map((path) => [relative(folder, path).replaceAll('\\', '/'), readFileSync(path)]));
}

export const modeOf = (path: string): number => statSync(path).mode & 0o777;
