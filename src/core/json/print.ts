import { utf8 } from '../bytes.ts';
import { byCodePoint } from './canonical.ts';
import type { JsonValue } from './value.ts';

/** JSON for people and for files: two spaces, names sorted by code point, a line feed at the end. */
export const printJson = (value: JsonValue): Uint8Array =>
  utf8(`${JSON.stringify(sorted(value), null, 2)}\n`);

/** JSON for machines: no white space, names sorted by code point, readable by any parser. */
export const compactJson = (value: JsonValue): Uint8Array => utf8(JSON.stringify(sorted(value)));

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const result: Record<string, JsonValue> = Object.create(null);
  const object = value as { readonly [key: string]: JsonValue };
  for (const key of Object.keys(object).sort(byCodePoint)) result[key] = sorted(object[key] as JsonValue);
  return result;
}
