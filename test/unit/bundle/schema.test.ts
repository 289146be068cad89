import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { name, version } from '../../../src/bundle/release-file/fields.ts';
import { releaseFileJsonSchema } from '../../../src/bundle/release-file/json-schema.ts';
import { isName, isVersion } from '../../../src/core/names.ts';

test('the JSON Schema for editors is the one that the release file is checked with', () => {
  const file = new URL('../../../schema/ota.schema.json', import.meta.url);
  expect(readFileSync(file, 'utf8'), 'run: npm run schema').toBe(releaseFileJsonSchema());
});

// The forms stand in the schema, for editors, and in core, for everything else.
const almost = fc.string({
  unit: fc.constantFrom('a', 'z', 'A', '0', '9', '-', '.', '_', '/'),
  maxLength: 66,
});

test('names and versions have one form', () => {
  fc.assert(
    fc.property(fc.oneof(almost, fc.string()), (text) => {
      expect(name.safeParse(text).success).toBe(isName(text));
      expect(version.safeParse(text).success).toBe(isVersion(text));
    }),
  );
});
