import { describe, expect, it } from 'vitest';
import { isDelegated, matchesPattern } from '../../src/repository/match.ts';

const CASES: readonly (readonly [string, string, boolean])[] = [
  ['gateway/*/*', 'gateway/1.0.0/radio', true],
  ['gateway/*/*', 'gateway/1.0.0/a/b', false],
  ['gateway/*/*', 'gateway/1.0.0', false],
  ['gateway/*/*', 'gateway2/1.0.0/radio', false],
  ['*', 'a/b', false],
  ['*', '', true],
  ['a*c', 'ac', true],
  ['a*c', 'abbc', true],
  ['a*c', 'abcb', false],
  ['*.tgz', 'x.tgz', true],
  ['*a*b*', 'xxaxxbxx', true],
  ['?', 'a', true],
  ['?', '', false],
  ['?', 'ab', false],
  ['?', '/', false],
  ['a?c', 'a/c', false],
  ['?', '😀', true],
  // What means something elsewhere means itself here.
  ['!y', 'y', false],
  ['!y', '!y', true],
  ['!y', 'x', false],
  ['**', 'a/b', false],
  ['**', 'ab', true],
  ['**/b', 'a/c/b', false],
  ['{a,b}', 'a', false],
  ['{a,b}', '{a,b}', true],
  ['[ab]', 'a', false],
  ['[ab]', '[ab]', true],
  ['+(a)', 'aa', false],
  ['\\*', '*', false],
  ['a.c', 'abc', false],
  ['(a)+$', 'a', false],
  ['*', '.hidden', true],
  ['?x', '.x', true],
  ['a', 'A', false],
  ['a ', 'a', false],
  ['#a', '#a', true],
];

describe('a pattern means only * and ?, within a segment', () => {
  it.each(CASES)('%s and %s: %s', (pattern, path, matches) => {
    expect(matchesPattern(pattern, path)).toBe(matches);
  });

  it('delegates by any of several, or by the digest of the path', () => {
    expect(isDelegated({ paths: ['x', 'a/*'] }, 'a/b')).toBe(true);
    expect(isDelegated({ paths: [] }, 'a/b')).toBe(false);
    // SHA-256 of "a/b" begins with c14cddc0.
    expect(isDelegated({ pathHashPrefixes: ['c14c'] }, 'a/b')).toBe(true);
    expect(isDelegated({ pathHashPrefixes: ['c15', '14c'] }, 'a/b')).toBe(false);
  });
});
