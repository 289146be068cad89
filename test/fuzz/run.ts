import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { sha256 } from '../../src/core/digest.ts';
import { findingOf, type Target } from './loop.ts';
import { TARGETS } from './targets/index.ts';
import type { Found, Job } from './worker.ts';

/*
 * npm run fuzz -- [TARGET …] [--minutes N] [--seed S]: mutants of the corpus for N minutes each (default 1).
 * npm run fuzz -- TARGET --file FILE: one input again, as a finding's last line says.
 */

const FINDINGS = 'fuzz-findings';
/** An input that is not done with after this many seconds is taken for a hang. */
const PATIENCE = 60;
/** What a reader of inputs of some kilobytes may not come near. */
const HEAP_MIB = 512;
const RESIDENT_BYTES = 2 * 2 ** 30;

/** A worker does not inherit the loader that reads TypeScript. */
const START = `import('tsx/esm/api').then(({ register }) => {
  register();
  return import(${JSON.stringify(new URL('./worker.ts', import.meta.url).href)});
})`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string' }, seed: { type: 'string' }, file: { type: 'string' } },
});
const chosen = positionals.length === 0 ? TARGETS : positionals.map(targetNamed);
const minutes = Number(values.minutes ?? 1);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
if (!(minutes > 0) || !Number.isSafeInteger(seed)) throw new Error('--minutes and --seed are numbers');

let failed = false;
for (const target of chosen) {
  const found = values.file === undefined ? await fuzzFor(target) : await again(target, values.file);
  if (found) {
    failed = true;
    report(target, found);
  }
}
process.exitCode = failed ? 1 : 0;

function targetNamed(name: string): Target {
  const target = TARGETS.find((item) => item.name === name);
  if (target) return target;
  throw new Error(`there is no target ${name}; there are ${TARGETS.map((item) => item.name).join(', ')}`);
}

async function again(target: Target, file: string): Promise<Found | undefined> {
  const finding = await findingOf(target, readFileSync(file));
  if (!finding) return void console.log(`${target.name}: nothing is wrong with ${file}`);
  return { input: finding.input, what: String((finding.error as Error).stack ?? finding.error) };
}

/** Runs a worker for the given time; what it does not come back from is told by what it was at. */
async function fuzzFor(target: Target): Promise<Found | undefined> {
  const progress = new Int32Array(new SharedArrayBuffer(8));
  const input = new Uint8Array(new SharedArrayBuffer(target.maxBytes));
  const job: Job = { target: target.name, seed, progress, input };
  const worker = new Worker(START, {
    eval: true,
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });
  let found: Found | undefined;
  const atHand = (what: string): Found => ({ what, input: Uint8Array.from(input.subarray(0, progress[1])) });
  worker.on('message', (message: Found) => {
    found = message;
  });
  worker.on('error', (error) => {
    found ??= atHand(`the process broke: ${error.stack ?? error.message}`);
  });
  const end = Date.now() + minutes * 60_000;
  let [seen, since] = [-1, Date.now()];
  while (!found && Date.now() < end) {
    await sleep(500);
    const count = Atomics.load(progress, 0);
    if (count !== seen) [seen, since] = [count, Date.now()];
    else if (Date.now() - since > PATIENCE * 1000) found = atHand(`it takes more than ${PATIENCE} s`);
    if (process.memoryUsage().rss > RESIDENT_BYTES)
      found = atHand(`it takes more than ${RESIDENT_BYTES} bytes`);
  }
  await worker.terminate();
  console.log(
    `${target.name}: ${Atomics.load(progress, 0)} inputs, seed ${seed}, ${found ? 'a finding' : 'nothing found'}`,
  );
  return found;
}

function report(target: Target, { input, what }: Found): void {
  mkdirSync(FINDINGS, { recursive: true });
  const file = join(FINDINGS, `${target.name}-${sha256(input).slice(0, 12)}`);
  writeFileSync(file, input);
  console.log(`${what}\n\nAgain: npm run fuzz -- ${target.name} --file ${file}`);
}
