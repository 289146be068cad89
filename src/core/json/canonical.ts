import { compareBytes, utf8 } from '../bytes.ts';
import { OtaError } from '../errors.ts';
import type { JsonObject, JsonValue } from './value.ts';

/**
 * Canonical JSON as TUF 1.0.34, section 4.2.1, refers to it (OLPC): no white space, only `"` and `\` escaped, names
 * sorted by code point, integers only.
 *
 * @throws OtaError `json-invalid` for what has no canonical form
 */
export const canonicalJson = (value: JsonValue): Uint8Array => utf8(encode(value));

function encode(value: JsonValue): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value);
    throw new OtaError('json-invalid', `the number ${value} has no canonical form`);
  }
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `[${value.map(encode).join(',')}]`;
  const object = value as JsonObject;
  const members = Object.keys(object)
    .sort(byCodePoint)
    .map((key) => `${quote(key)}:${encode(object[key] as JsonValue)}`);
  return `{${members.join(',')}}`;
}

function quote(text: string): string {
  if (!text.isWellFormed())
    throw new OtaError('json-invalid', 'half of a surrogate pair has no canonical form');
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** Code units above U+FFFF sort before U+E000..U+FFFF in UTF-16; UTF-8 bytes sort as code points do. */
export function byCodePoint(a: string, b: string): number {
  return compareBytes(utf8(a), utf8(b));
}
