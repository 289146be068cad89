import { rmSync } from 'node:fs';

/** Paths that must not outlive this process, whatever ends it. */
const pending = new Set<string>();

export function track(path: string): void {
  pending.add(path);
}

export function untrack(path: string): void {
  pending.delete(path);
}

/** Removes every path still tracked; for the end of the process and for signals, so it is synchronous. */
export function removeScratch(): void {
  for (const path of pending) rmSync(path, { recursive: true, force: true });
  pending.clear();
}
