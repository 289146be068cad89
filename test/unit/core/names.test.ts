import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isName, isVersion, parseName, parseVersion } from '../../../src/core/names.ts';
import { thrown } from '../keys/thrown.ts';

describe('names', () => {
  it.each(['a', '0', 'gateway', 'u-boot', 'a-', '9-9', 'a'.repeat(63)])('%s is one', (text) => {
    expect(parseName(text, 'the name')).toBe(text);
  });

  it.each(['', '-a', 'A', 'a_b', 'a.b', 'a/b', 'a b', 'ä', 'a\n', '..', 'a'.repeat(64)])(
    '%j is none',
    (text) => {
      const error = thrown(() => parseName(text, 'component', 'ota.yaml'));
      expect(error).toMatchObject({ code: 'name-invalid', exitCode: 3, where: 'ota.yaml' });
      expect(error.message).toBe(`component ${JSON.stringify(text)} is not a valid name`);
    },
  );
});

describe('versions', () => {
  it.each(['1', '1.0.0', '2024.1', '1.0.0-rc.1', '0-', '1A', '1'.repeat(64)])('%s is one', (text) => {
    expect(parseVersion(text, 'version')).toBe(text);
  });

  it.each(['', 'v1', '.1', '-1', '1..2', '1.', '1+2', '1/2', '1 ', '1\n', '1'.repeat(65)])(
    '%j is none',
    (text) => {
      expect(thrown(() => parseVersion(text, 'version')).code).toBe('version-invalid');
    },
  );
});

it('no text that is a name or version changes a path or a URL that it is put into', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.string({ unit: fc.constantFrom(...'a1.-/\\%_:?#'), maxLength: 6 }),
  );
  fc.assert(
    fc.property(text, (part) => {
      if (!isName(part) && !isVersion(part)) return;
      const url = new URL(`https://example.com/a/${part}/b`);
      expect(url.pathname).toBe(`/a/${part}/b`);
      expect(`${url.search}${url.hash}`).toBe('');
    }),
    { numRuns: 2000 },
  );
});
