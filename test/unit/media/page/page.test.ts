import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../../../../src/core/bytes.ts';
import { encodePageData, type PageData, parsePageData } from '../../../../src/media/page/data.ts';
import { mediaPage, type PageParts } from '../../../../src/media/page/page.ts';
import { pageParts } from '../../../../src/media/page/parts.ts';
import { sharedFolder } from '../../../support/folder.ts';
import { pageMedium } from '../../../support/media-page.ts';

const folder = sharedFolder();
let data: PageData;
let parts: PageParts;

beforeAll(async () => {
  data = (await pageMedium(folder)).data;
  parts = await pageParts();
});

const between = (page: string, start: string, end: string): string => {
  const from = page.indexOf(start) + start.length;
  return page.slice(from, page.indexOf(end, from));
};

describe('the page of a medium', () => {
  test('is the same for the same medium, and small', () => {
    const page = mediaPage(data, parts);
    expect(page).toEqual(mediaPage({ ...data, files: new Map([...data.files].reverse()) }, parts));
    expect(parts.html.length + parts.script.length + parts.style.length).toBeLessThan(150_000);
  });

  test('allows its own script and style and nothing else, and has no handlers in its markup', () => {
    const page = fromUtf8(mediaPage(data, parts));
    const policy = between(page, 'Content-Security-Policy" content="', '"').replaceAll('&#39;', "'");
    const digest = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${digest(between(page, '<script>', '</script>'))}`,
      `style-src ${digest(between(page, '<style>', '</style>'))}`,
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ]);
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(parts.html).not.toMatch(/\son\w+=|\sstyle=|https?:|src=/i);
    expect(parts.script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(/);
    expect(parts.html).not.toMatch(/\{\{(?!policy|title|style|script|data)/);
  });

  test('holds its data as it is, whatever is in that', () => {
    const hostile = utf8('</script><script>alert(1)</script><!--<script>');
    const held = { ...data, files: new Map([...data.files, ['targets/gateway/x/notes.md', hostile]]) };
    const page = fromUtf8(mediaPage(held, parts));
    expect(page.match(/<script/g)).toHaveLength(2);
    const text = between(page, '<script type="application/json" id="data">', '</script>');
    expect(text).not.toContain('<');
    expect(parsePageData(utf8(text))).toEqual({ ...held, files: new Map([...held.files].sort()) });
  });

  test('escapes what no name can have', () => {
    const [first] = data.layout.for;
    const layout = {
      ...data.layout,
      for: [{ ...first, product: '"><img src=x>' as never }],
    } as typeof data.layout;
    const page = fromUtf8(mediaPage({ ...data, layout }, parts));
    expect(page).not.toContain('<img');
    expect(page).toContain('&#34;&#62;&#60;img src=x&#62; 1.1.0');
  });
});

describe('the data of a page', () => {
  const edited = (edit: (document: Record<string, unknown>) => void) => {
    const document = JSON.parse(fromUtf8(encodePageData(data)));
    edit(document);
    return () => parsePageData(utf8(JSON.stringify(document)));
  };

  test.each<[string, (document: Record<string, unknown>) => void, string]>([
    ['another type', (at) => Object.assign(at, { _type: 'x' }), 'shape-invalid'],
    ['another field', (at) => Object.assign(at, { more: 1 }), 'shape-invalid'],
    ['no layout', (at) => Object.assign(at, { layout: '' }), 'json-invalid'],
    ['no base64', (at) => Object.assign(at, { files: { 'metadata/1.root.json': '?' } }), 'shape-invalid'],
    ['a name above', (at) => Object.assign(at, { files: { '../x': '' } }), 'shape-invalid'],
  ])('with %s is refused', (_, edit, code) => {
    expect(edited(edit)).toThrow(expect.objectContaining({ code }));
  });
});
