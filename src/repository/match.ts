import { utf8 } from '../core/bytes.ts';
import { sha256 } from '../core/digest.ts';
import type { DelegatedPaths } from './model.ts';

/**
 * Whether a role is delegated a path (TUF 1.0.34, section 4.5): by any of its patterns, or by the first digits of the path's
 * SHA-256 in hex.
 *
 * @param digest gives that, where it is known already
 */
export function isDelegated(
  role: DelegatedPaths,
  path: string,
  digest: () => string = () => sha256(utf8(path)),
): boolean {
  if (role.paths !== undefined) return role.paths.some((pattern) => matchesPattern(pattern, path));
  const hex = digest();
  return role.pathHashPrefixes.some((prefix) => hex.startsWith(prefix));
}

/**
 * Matches a path against a pattern of which only `*` (any characters, also none) and `?` (one character) mean something,
 * neither crossing a `/`. Nothing else does: not `**`, `!`, `[a]` or `{a,b}`, and a leading dot is a character like any other.
 */
export function matchesPattern(pattern: string, path: string): boolean {
  const patterns = pattern.split('/');
  const segments = path.split('/');
  return (
    patterns.length === segments.length &&
    patterns.every((part, index) => matchesSegment([...part], [...(segments[index] ?? '')]))
  );
}

/** Goes back to the last `*` only, which is enough: time is at most the product of both lengths, never exponential. */
function matchesSegment(pattern: readonly string[], text: readonly string[]): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let index = 0; index < text.length; ) {
    const char = pattern[at];
    if (char === '*') {
      star = at;
      at += 1;
      resume = index;
    } else if (char !== undefined && (char === '?' || char === text[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      index = resume;
    } else {
      return false;
    }
  }
  return pattern.slice(at).every((char) => char === '*');
}
