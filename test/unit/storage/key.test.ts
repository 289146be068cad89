import { resolve, sep } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkKey, checkPrefix, isKey } from '../../../src/storage/key.ts';

test.each([
  '1.root.json',
  'a',
  'targets/gateway/2.4.0/0123.linux',
  '...',
  '.hidden',
  'a..b',
  'x/..y',
  '1.%2Fx.json',
  '..%2Fx',
  'a'.repeat(200),
])('%s is a key', (key) => expect(checkKey(key, 's')).toBe(key));

test.each([
  '',
  '.',
  '..',
  'a/..',
  '../a',
  '/a',
  'a/',
  'a//b',
  'a b',
  'a\n',
  'a:b',
  'C:\\x',
  'a'.repeat(201),
  'ä',
  '%',
  '%2',
  '%2f',
  '%2E%2E',
  'a/%2E./b',
])('%j is not', (key) =>
  expect(() => checkKey(key, 's')).toThrow(expect.objectContaining({ code: 'name-invalid', where: 's' })),
);

test('too long a key is not', () => {
  expect(isKey(`${'a/'.repeat(449)}aa`)).toBe(true);
  expect(isKey(`${'a/'.repeat(450)}a`)).toBe(false);
});

test('no key leads out of a folder, nor in a URL', () => {
  const character = fc.constantFrom('.', '/', 'a', '-', '\\', ' ', '\0', '%', '~', '%2E', '%2F');
  fc.assert(
    fc.property(fc.string({ unit: character, maxLength: 12 }), (key) => {
      if (!isKey(key)) return;
      expect(resolve('/root', key).startsWith(`/root${sep}`)).toBe(true);
      expect(new URL(key, 'http://server/root/').pathname).toBe(`/root/${key}`);
    }),
    { numRuns: 5_000 },
  );
});

test('every start of a key is a prefix', () => {
  const key = 'a/b.c/.d/e';
  for (let end = 0; end <= key.length; end += 1)
    expect(checkPrefix(key.slice(0, end), 's')).toBe(key.slice(0, end));
  for (const prefix of ['../', '/', 'a//', 'a/../b', 'a b']) expect(() => checkPrefix(prefix, 's')).toThrow();
});
