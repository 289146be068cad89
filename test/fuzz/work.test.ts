import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';

const CHILD = fileURLToPath(new URL('./work-child.ts', import.meta.url));
let work: Readonly<Record<string, readonly [number, number]>> = {};

beforeAll(async () => {
  const { stdout } = await execa(process.execPath, ['--import', 'tsx', CHILD], {
    env: { NODE_V8_COVERAGE: '' },
  });
  work = JSON.parse(stdout);
});

describe('hostile input', () => {
  it('costs in proportion to its length, counted in the blocks of code that are run', () => {
    expect(Object.keys(work).length).toBeGreaterThan(8);
    for (const [name, [once, fourTimes]] of Object.entries(work)) {
      expect([name, fourTimes / once]).toEqual([name, expect.toSatisfy((ratio: number) => ratio <= 4.2)]);
    }
  });

  it('is counted: most of it costs more when there is more of it', () => {
    const growing = Object.values(work).filter(([once, fourTimes]) => fourTimes > 3 * once);
    expect(growing.length).toBeGreaterThan(6);
  });
});
