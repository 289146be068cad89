import { writeFileSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import { DELTA_FORMATS } from '../../../src/core/delta-formats.ts';
import { seal } from '../../../src/core/digest.ts';
import { Board } from '../../../src/delta/choose/board.ts';
import { CpuShare } from '../../../src/delta/choose/cpu-share.ts';
import { inThisThread, memoryOf } from '../../../src/delta/choose/pool.ts';
import type { DeltaDone, DeltaTask } from '../../../src/delta/choose/task.ts';
import { freshFolder } from '../../support/folder.ts';
import { testPool } from '../../support/pool.ts';
import { patched } from '../../support/release.ts';
import { codeOf, noise } from './support.ts';

const folder = freshFolder();
const pool = testPool();
afterAll(() => pool.close());
const [OLD, NEW] = [noise(30_000), patched(noise(30_000), 3)];
const IMAGES = { old: seal(OLD), new: seal(NEW) };

function task(change: Partial<DeltaTask> = {}): DeltaTask {
  const task = { old: folder.at('old'), new: folder.at('new'), images: IMAGES, format: 'otad' as const };
  writeFileSync(task.old, OLD);
  writeFileSync(task.new, NEW);
  return { ...task, ...change };
}

/** Ends the next threads that are started; gives back what stops that. */
function killer(): () => void {
  const kill = (worker: Worker) => void worker.once('online', () => worker.terminate());
  process.on('worker', kill);
  return () => void process.off('worker', kill);
}

describe('threads', () => {
  it('give the bytes that this thread gives, whatever runs beside them', async () => {
    const fractions: number[] = [];
    const tasks = DELTA_FORMATS.flatMap((format) => [task({ format }), task({ format, memory: 2 ** 24 })]);
    const threads = await Promise.all(tasks.map((item) => pool.run(item, (done) => fractions.push(done))));
    const here: DeltaDone[] = [];
    for (const item of tasks) here.push(await inThisThread.run(item, () => {}));
    const bytes = (done: DeltaDone) => Buffer.from(done.made?.bytes ?? []).toString('hex');
    expect(threads.map(bytes)).toEqual(here.map(bytes));
    expect(threads.every(({ made }) => made !== undefined)).toBe(true);
    expect(fractions.length).toBeGreaterThan(0);
  });

  it('refuse as this thread does, and work on', async () => {
    expect(await codeOf(pool.run(task({ memory: 1000 }), () => {}))).toBe('delta-too-large');
    expect(await codeOf(pool.run({ ...task(), old: folder.at('none') }, () => {}))).toBe('input-missing');
    const wrong = { old: IMAGES.old, new: seal(noise(30_000, 9)) };
    expect(await codeOf(pool.run(task({ images: wrong }), () => {}))).toBe('input-changed');
    expect((await pool.run(task(), () => {})).made).toBeDefined();
  });

  it('keep nothing of a delta that is longer than is of use', async () => {
    const { length, made } = await pool.run(task({ most: 10 }), () => {});
    expect(length).toBeGreaterThan(10);
    expect(made).toBeUndefined();
  });

  it('that are killed end their task and no other', async () => {
    const own = testPool({ jobs: 1 });
    const spare = killer();
    try {
      expect(await codeOf(own.run(task(), () => {}))).toBe('delta-killed');
      spare();
      expect((await own.run(task(), () => {})).made).toBeDefined();
    } finally {
      spare();
      await own.close();
    }
  });

  it('are no more at a time than memory allows, and never none', async () => {
    const started = new Set<Worker>();
    const count = (worker: Worker) => void started.add(worker);
    process.on('worker', count);
    const own = testPool({ jobs: 4, memory: memoryOf({ images: IMAGES }) - 1 });
    try {
      const done = await Promise.all([1, 2, 3].map(() => own.run(task(), () => {})));
      expect(done.every(({ made }) => made !== undefined)).toBe(true);
      expect(started.size).toBe(1);
    } finally {
      process.off('worker', count);
      await own.close();
    }
  });

  it('are not started for small images', async () => {
    const started: Worker[] = [];
    const count = (worker: Worker) => void started.push(worker);
    process.on('worker', count);
    const own = testPool({ small: 100_000 });
    expect((await own.run(task(), () => {})).made).toBeDefined();
    process.off('worker', count);
    expect(started).toEqual([]);
  });
});

it('CPU seconds are shared among what runs at the same time', () => {
  let now = 0;
  const cpu = new CpuShare(() => now);
  now = 5;
  const first = cpu.start();
  now = 6;
  const second = cpu.start();
  now = 10;
  expect(first()).toBe(3);
  now = 11;
  expect(second()).toBe(3);
  expect(second()).toBe(0);
});

it('progress of all tasks is one line that ends at all of them', () => {
  const events: number[] = [];
  const board = new Board(({ done, total }) => events.push(done / (total ?? 0)), 'make 2 deltas', 400);
  const [one, two] = [board.start(100), board.start(300)];
  one.report(0.5);
  two.report(0.5);
  one.end();
  two.report(0.9);
  two.end();
  expect(events).toEqual([0.125, 0.5, 0.625, 0.925, 1]);
});
