import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installed, run } from '../support/tools.ts';
import { apply } from '../unit/delta/support.ts';
import { TEMPLATE } from './applier.ts';
import { vectors } from './vectors.ts';

it('the vectors of the format are applied by the tool itself', async () => {
  const all = await vectors();
  expect(all.map(({ name }) => name)).toContain('predicted-lzma');
  for (const { old, patch, fresh } of all) expect(await apply(old, patch)).toEqual(fresh);
});

describe.skipIf(!installed('cc', 'make'))('the Makefile', () => {
  const inBuild = (...targets: readonly string[]): string => {
    const folder = mkdtempSync(join(tmpdir(), 'ota-template-'));
    try {
      return run('make', ['-s', '-C', TEMPLATE, `OUT=${folder}`, ...targets]).toString();
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it('tests the vectors and mutants of them under sanitizers', async () => {
    const said = inBuild('test', 'MUTANTS=1500');
    for (const { name } of await vectors()) expect(said).toMatch(new RegExp(`${name}: ok, \\d+ callbacks`));
    expect(said).toContain('delta-invalid');
  });

  it('says how large the code is, with each choice of parts', () => {
    const sizes = inBuild('size').trimEnd().split('\n').map(Number.parseFloat);
    expect(sizes).toHaveLength(6);
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(sizes[4]).toBeLessThan(24 * 1024);
  });
});
