import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memorySource } from '../../src/core/source.ts';
import { readDeltaHeader } from '../../src/delta/format.ts';
import { Random } from '../fuzz/random.ts';
import { make, noise } from '../unit/delta/support.ts';
import { imageOf, TEMPLATE, type Trial } from './applier.ts';
import { randomDelta } from './random-delta.ts';

const FOLDER = join(TEMPLATE, 'vectors');

export interface Vector extends Trial {
  readonly name: string;
  readonly fresh: Uint8Array;
}

/** What an implementation of the format can be tried with; `OTA_WRITE_VECTORS=1` makes them anew. */
export async function vectors(): Promise<readonly Vector[]> {
  if (process.env.OTA_WRITE_VECTORS === '1') await write();
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.otad'));
  return names.sort().map((file) => {
    const name = file.slice(0, -'.otad'.length);
    const read = (suffix: string) => new Uint8Array(readFileSync(join(FOLDER, `${name}.${suffix}`)));
    return { name, old: read('old'), patch: read('otad'), fresh: read('new') };
  });
}

async function write(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const old = noise(4000);
  const moved = Uint8Array.of(...old.subarray(2000), ...noise(300, 9), ...old.subarray(0, 1900));
  for (let at = 0; at < moved.length; at += 97) moved[at] = (moved[at] ?? 0) ^ 5;
  await writeOne('plain', { old, patch: await make(old, moved) });
  await writeOne('small', { old, patch: await make(old, moved, { memory: 24_576 }) });
  await writeOne('empty', { old, patch: await make(old, new Uint8Array()) });
  // One of each coder, with references of all kinds.
  const random = new Random(11);
  const wanted = new Set<string>(['lzma', 'deflate', 'stored']);
  while (wanted.size > 0) {
    const trial = await randomDelta(random);
    const { coder, labelBits, sections } = await readDeltaHeader(memorySource(trial.patch));
    if (labelBits === 0 || sections.length < 6 || trial.old.length < 2000 || !wanted.delete(coder)) continue;
    await writeOne(`predicted-${coder}`, trial);
  }
}

async function writeOne(name: string, { old, patch }: Trial): Promise<void> {
  const fresh = await imageOf({ old, patch });
  // The digest that the header promises, which a delta made at random does not know.
  const honest = Uint8Array.from(patch);
  honest.set(createHash('sha256').update(fresh).digest(), 72);
  for (const [suffix, bytes] of Object.entries({ old, otad: honest, new: fresh })) {
    writeFileSync(join(FOLDER, `${name}.${suffix}`), bytes);
  }
}
