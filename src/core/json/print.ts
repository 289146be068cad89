import { utf8 } from '../bytes.ts';
import { byCodePoint } from './canonical.ts';
import { isObject, type JsonValue } from './value.ts';

/** JSON for people and for files: two spaces, names sorted by code point, a line feed at the end. */
export const printJson = (value: JsonValue): Uint8Array => utf8(`${print(value, '\n', ': ')}\n`);

/** JSON for machines: no white space, names sorted by code point, readable by any parser. */
export const compactJson = (value: JsonValue): Uint8Array => utf8(print(value, '', ':'));

/**
 * Not by `JSON.stringify` as a whole: in an object, names that look like numbers come first and in another order.
 *
 * @param line what a line starts with at this depth, nothing for a single line
 */
function print(value: JsonValue, line: string, colon: string): string {
  const inner = line === '' ? '' : `${line}  `;
  if (Array.isArray(value)) {
    const items = value.map((item: JsonValue) => inner + print(item, inner, colon));
    return items.length === 0 ? '[]' : `[${items.join(',')}${line}]`;
  }
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort(byCodePoint)
    .map((name) => `${inner}${JSON.stringify(name)}${colon}${print(value[name] as JsonValue, inner, colon)}`);
  return members.length === 0 ? '{}' : `{${members.join(',')}${line}}`;
}
