import { expect, test } from 'vitest';
import { publishLines } from '../../../../src/cli/views/publish.ts';
import type { PublishReport } from '../../../../src/publish/publish.ts';
import { name, PRODUCT, version } from '../../../support/release.ts';

const report = (role: string): PublishReport => ({
  product: PRODUCT,
  version: version('1.0.0'),
  channel: name('stable'),
  store: './repository',
  changed: false,
  targets: [],
  deltas: [],
  archived: [],
  roles: [],
  uploadedBytes: 0,
  copiedBytes: 0,
  overtaken: 0,
  expiresFirst: { role, version: 1, expires: 1_798_000_000 },
});

test.each([
  ['snapshot', 'run ota refresh before 2026-12-23T04:26:40Z, when snapshot expires'],
  ['timestamp', 'run ota refresh before 2026-12-23T04:26:40Z, when timestamp expires'],
  ['root', 'have root signed anew before 2026-12-23T04:26:40Z, when it expires'],
  [
    `${PRODUCT}.channels`,
    `have ${PRODUCT}.channels signed anew before 2026-12-23T04:26:40Z, when it expires`,
  ],
])('what expires first is renewed by those who can: %s', (role, line) => {
  expect(publishLines(report(role), 1).at(-1)).toBe(`  ${line}`);
});

test('that another publisher was faster is said', () => {
  const lines = (overtaken: number) =>
    publishLines({ ...report('root'), changed: true, overtaken }, 1).join('\n');
  expect(lines(2)).toContain('on top of what others published meanwhile (overtaken 2 times)');
  expect(lines(1)).toContain('(overtaken once)');
  expect(lines(0)).not.toContain('overtaken');
});
