import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, 'corpus');

/** What the fuzzing of a target starts from: honest inputs, and those that once found something. */
export function corpusOf(target: string): readonly Uint8Array[] {
  const folder = join(FOLDER, target);
  if (!existsSync(folder)) throw new Error(`there is no corpus ${folder}`);
  return readdirSync(folder)
    .sort()
    .map((name) => new Uint8Array(readFileSync(join(folder, name))));
}

/** Writes inputs into the corpus, beside what is there under other names. */
export function addToCorpus(target: string, inputs: Readonly<Record<string, Uint8Array>>): void {
  mkdirSync(join(FOLDER, target), { recursive: true });
  for (const [name, bytes] of Object.entries(inputs)) writeFileSync(join(FOLDER, target, name), bytes);
}
