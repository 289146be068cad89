import fc from 'fast-check';
import { expect, it } from 'vitest';
import { matchesPattern } from '../../../src/repository/match.ts';

/** The same meaning by brute force, for short texts. */
function slow(pattern: string, path: string): boolean {
  const [first] = pattern;
  if (first === undefined) return path === '';
  const rest = pattern.slice(1);
  if (first === '*')
    return slow(rest, path) || (path !== '' && path[0] !== '/' && slow(pattern, path.slice(1)));
  if (path === '' || (first === '?' ? path[0] === '/' : first !== path[0])) return false;
  return slow(rest, path.slice(1));
}

it('matches as brute force does', () => {
  const pattern = fc.string({ unit: fc.constantFrom(...'ab/*?'), maxLength: 9 });
  const path = fc.string({ unit: fc.constantFrom(...'ab/'), maxLength: 9 });
  fc.assert(
    fc.property(pattern, path, (a, b) => {
      expect(matchesPattern(a, b)).toBe(slow(a, b));
    }),
    { numRuns: 20_000 },
  );
});
