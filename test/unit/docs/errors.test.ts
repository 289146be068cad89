import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { CODES, EXIT } from '../../../src/core/errors.ts';

const text = readFileSync(fileURLToPath(new URL('../../../docs/errors.md', import.meta.url)), 'utf8');

/** `exit code` of each row, in the order of the page. */
const rows = text.split(/^## Exit /m).flatMap((section) => {
  const exit = Number.parseInt(section, 10);
  return [...section.matchAll(/^\| `([a-z-]+)` \| (.*) \| (.*) \|$/gm)].map(([, code, what, next]) => ({
    code,
    exit,
    what,
    next,
  }));
});

describe('docs/errors.md', () => {
  test('has every code once, below the exit code that it has', () => {
    const documented = rows.map(({ code, exit }) => `${exit} ${code}`).sort();
    const known = Object.entries(CODES).map(([code, category]) => `${EXIT[category]} ${code}`);
    expect(documented).toEqual(known.sort());
  });

  test('says of each what is wrong and what to do', () => {
    for (const { code, what, next } of rows) expect(what && next, code).toMatch(/\w/);
  });
});
