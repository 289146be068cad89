import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { anchorsOf, brokenLinks, linksOf, markdownFiles, resolveLink } from './markdown.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const files = markdownFiles(ROOT);

describe('the Markdown files of the repository', () => {
  test('are found', () => {
    expect(files).toContain('docs/README.md');
    expect(files).toContain('CONTRIBUTING.md');
  });

  test('have no link to a file or heading that is not there', () => {
    expect(files.flatMap((file) => brokenLinks(ROOT, file))).toEqual([]);
  });

  test('below docs/ can all be reached from docs/README.md', () => {
    const reached = new Set<string>();
    const waiting = ['docs/README.md'];
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      if (reached.has(file) || !files.includes(file)) continue;
      reached.add(file);
      for (const { target } of linksOf(readFileSync(join(ROOT, file), 'utf8'))) {
        waiting.push(resolveLink(ROOT, file, target).path);
      }
    }
    expect(files.filter((file) => file.startsWith('docs/') && !reached.has(file))).toEqual([]);
  });
});

describe('the check', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ota-links-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('names the file, the line and what is wrong', () => {
    writeFileSync(join(folder, 'there.md'), '# One heading\n');
    writeFileSync(
      join(folder, 'index.md'),
      [
        '[right](there.md#one-heading), ![right](there.md), [right](https://example.com/x)',
        '[no file](gone.md) and [no heading](there.md#two)',
        '[outside](../x.md)',
        '```\n[in code](gone.md)\n```',
        '`[in code](gone.md)`',
        '[by name]: gone.md',
        '[here](#nowhere)',
      ].join('\n'),
    );
    expect(brokenLinks(folder, 'index.md')).toEqual([
      'index.md:2 gone.md: there is no such file',
      'index.md:2 there.md#two: there is no such heading',
      'index.md:3 ../x.md: leads out of the repository',
      'index.md:8 gone.md: there is no such file',
      'index.md:9 #nowhere: there is no such heading',
    ]);
  });

  test('makes anchors as GitHub does', () => {
    const text =
      '# `ota.yaml`, a file\n## Same\n## Same\n```\n# no heading\n```\n### A [link](x.md) — and more ##\n';
    expect([...anchorsOf(text)]).toEqual(['otayaml-a-file', 'same', 'same-1', 'a-link--and-more']);
  });
});
