import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { concatBytes, utf8 } from '../../src/core/bytes.ts';
import { OtaError } from '../../src/core/errors.ts';
import { memorySource } from '../../src/core/source.ts';
import { applyDelta } from '../../src/delta/apply.ts';
import { run } from '../support/tools.ts';

export const TEMPLATE = fileURLToPath(new URL('../../templates/applier/', import.meta.url));
const BATCH = fileURLToPath(new URL('batch.c', import.meta.url));

/** What the C code must compile without, and what it is run with in tests. */
const WARNINGS = ['-std=c99', '-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Werror'];
const SANITIZERS = ['-g', '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

/** How an applier ended, and what it wrote. */
export interface Outcome {
  readonly code: string;
  readonly length: number;
  readonly sha256: string;
}

export interface Trial {
  readonly old: Uint8Array;
  readonly patch: Uint8Array;
}

/** The most memory that either applier is given. */
const MOST_MEMORY = 64 << 20;

/** Builds the applier with a driver that takes many deltas, under sanitizers; returns what runs it. */
export function buildBatch(...options: readonly string[]): (trials: readonly Trial[]) => readonly Outcome[] {
  const folder = mkdtempSync(join(tmpdir(), 'ota-applier-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const program = join(folder, 'batch');
  const libraries = options.includes('-DOTAD_BROTLI=1') ? ['-lbrotlidec'] : [];
  run('cc', [
    ...WARNINGS,
    ...SANITIZERS,
    ...options,
    `-I${TEMPLATE}`,
    BATCH,
    join(TEMPLATE, 'otad.c'),
    '-o',
    program,
    ...libraries,
  ]);
  return (trials) => parse(run(program, [], { input: concatBytes(...records(trials)) }).toString());
}

function* records(trials: readonly Trial[]): Iterable<Uint8Array> {
  let before: Uint8Array | undefined;
  for (const { old, patch } of trials) {
    if (old !== before) yield* record('o', old);
    yield* record('d', patch);
    before = old;
  }
}

function* record(letter: string, bytes: Uint8Array): Iterable<Uint8Array> {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length, true);
  yield utf8(letter);
  yield length;
  yield bytes;
}

function parse(lines: string): readonly Outcome[] {
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [code = '', length, sha256 = ''] = line.split(' ');
      return { code, length: Number(length), sha256 };
    });
}

/** All that the tool's own applier makes of a delta, and how it ends. */
async function applyHere({
  old,
  patch,
}: Trial): Promise<{ readonly code: string; readonly bytes: Uint8Array }> {
  const pieces: Uint8Array[] = [];
  let code = 'ok';
  try {
    const made = applyDelta(memorySource(old), memorySource(patch), { maxMemory: MOST_MEMORY });
    for await (const piece of made) pieces.push(piece.slice());
  } catch (error) {
    if (!(error instanceof OtaError)) throw error;
    code = error.code;
  }
  return { code, bytes: concatBytes(...pieces) };
}

/** The image that a delta makes, whatever it promises. */
export async function imageOf(trial: Trial): Promise<Uint8Array> {
  const { code, bytes } = await applyHere(trial);
  if (!FINAL.includes(code)) throw new Error(`it ends with ${code}`);
  return bytes;
}

async function outcomeOf(trial: Trial): Promise<Outcome> {
  const { code, bytes } = await applyHere(trial);
  return { code, length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

const FINAL = ['ok', 'digest-mismatch'];

/**
 * What both appliers make of the same deltas: how often each code came, and each trial in which they differ. Bytes are compared
 * where all were made. A section that only the tool knows counts as neither.
 */
export async function compare(
  batch: (trials: readonly Trial[]) => readonly Outcome[],
  trials: readonly Trial[],
): Promise<{ readonly codes: Readonly<Record<string, number>>; readonly different: readonly unknown[] }> {
  const codes: Record<string, number> = {};
  const different: unknown[] = [];
  const outcomes = batch(trials);
  for (const [index, trial] of trials.entries()) {
    const device = outcomes[index];
    const tool = await outcomeOf(trial);
    codes[tool.code] = (codes[tool.code] ?? 0) + 1;
    const same = FINAL.includes(tool.code) ? tool.sha256 === device?.sha256 : true;
    const refused = device?.code === 'unsupported' && !FINAL.includes(tool.code);
    if (!refused && (tool.code !== device?.code || !same)) different.push({ index, tool, device });
  }
  return { codes, different };
}
