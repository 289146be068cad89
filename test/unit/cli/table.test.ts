import { Chalk } from 'chalk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { table } from '../../../src/cli/views/table.ts';

const colour = new Chalk({ level: 1 });

describe('table', () => {
  it('puts text to the left and numbers to the right', () => {
    expect(
      table(
        [{ title: 'component' }, { title: 'size', align: 'right' }, { title: 'how' }],
        [
          ['u-boot', '1.0 MiB', 'delta'],
          ['a-long-name', '3 B', ''],
        ],
      ),
    ).toEqual(['component       size  how', 'u-boot       1.0 MiB  delta', 'a-long-name      3 B']);
  });

  it('does not count colours', () => {
    const rows = [
      [colour.red('ab'), '1'],
      ['abcd', '2'],
    ];
    expect(table([{ title: 'x' }, { title: 'n' }], rows)).toEqual([
      'x     n',
      `${colour.red('ab')}    1`,
      'abcd  2',
    ]);
  });

  it('has a title for a table without rows, and empty cells for those that are missing', () => {
    expect(table([{ title: 'a' }, { title: 'b' }], [])).toEqual(['a  b']);
    expect(table([{ title: 'a' }, { title: 'b' }], [['x']])).toEqual(['a  b', 'x']);
  });

  it('keeps columns where they are, whatever is in them', () => {
    const cell = fc.stringMatching(/^[a-z0-9]{1,8}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 5 }), (rows) => {
        const lines = table([{ title: 'one' }, { title: 'two', align: 'right' }, { title: 'three' }], rows);
        const third = lines[0]?.indexOf('three') ?? -1;
        expect(lines).toHaveLength(rows.length + 1);
        for (const [index, row] of rows.entries()) {
          const line = lines[index + 1] ?? '';
          expect(line.slice(third)).toBe(row[2]);
          expect(line.slice(0, third).trimEnd().endsWith(row[1])).toBe(true);
          expect(line.startsWith(`${row[0]} `)).toBe(true);
        }
      }),
    );
  });
});
