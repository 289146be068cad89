import { fromUtf8 } from '../bytes.ts';
import { OtaError } from '../errors.ts';
import type { JsonValue } from './value.ts';

const MAX_DEPTH = 64;
/** 2^53-1 has 16 digits; more are refused before they are read as a number. */
const MAX_DIGITS = 16;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * Parses JSON (RFC 8259) strictly: UTF-8 without a byte order mark, no duplicate names, no `__proto__`, no floats,
 * no integers outside ±(2^53-1), no lone surrogates, at most 64 levels deep.
 *
 * @throws OtaError `json-invalid` with the byte or character position
 */
export function parseJson(bytes: Uint8Array, where?: string): JsonValue {
  let text: string;
  try {
    text = fromUtf8(bytes);
  } catch (cause) {
    throw new OtaError('json-invalid', 'the document is not valid UTF-8', { ...at(where), cause });
  }
  return new Parser(text, where).document();
}

const at = (where: string | undefined) => (where === undefined ? {} : { where });

class Parser {
  readonly #text: string;
  readonly #where: string | undefined;
  #at = 0;

  constructor(text: string, where: string | undefined) {
    this.#text = text;
    this.#where = where;
  }

  document(): JsonValue {
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) this.#fail('there is more after the end of the document');
    return value;
  }

  #fail(what: string): never {
    throw new OtaError('json-invalid', `${what}, at character ${this.#at}`, at(this.#where));
  }

  #space(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? 'x')) this.#at += 1;
  }

  #value(depth: number): JsonValue {
    if (depth > MAX_DEPTH) this.#fail(`nested more than ${MAX_DEPTH} levels deep`);
    this.#space();
    const char = this.#text[this.#at];
    if (char === '{') return this.#object(depth);
    if (char === '[') return this.#array(depth);
    if (char === '"') return this.#string();
    if (char === '-' || (char !== undefined && char >= '0' && char <= '9')) return this.#number();
    for (const [word, value] of WORDS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return this.#fail(
      char === undefined ? 'the document ends too early' : `unexpected ${JSON.stringify(char)}`,
    );
  }

  #object(depth: number): JsonValue {
    const object: Record<string, JsonValue> = Object.create(null);
    this.#at += 1;
    this.#space();
    if (this.#take('}')) return object;
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail('a name in quotes was expected');
      const key = this.#string();
      if (key === '__proto__') this.#fail('the name "__proto__" is not allowed');
      if (key in object) this.#fail(`the name ${JSON.stringify(key)} stands twice in one object`);
      this.#space();
      if (!this.#take(':')) this.#fail('":" was expected');
      object[key] = this.#value(depth + 1);
      this.#space();
      if (this.#take('}')) return object;
      if (!this.#take(',')) this.#fail('"," or "}" was expected');
    }
  }

  #array(depth: number): JsonValue {
    const array: JsonValue[] = [];
    this.#at += 1;
    this.#space();
    if (this.#take(']')) return array;
    for (;;) {
      array.push(this.#value(depth + 1));
      this.#space();
      if (this.#take(']')) return array;
      if (!this.#take(',')) this.#fail('"," or "]" was expected');
    }
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #number(): number {
    const start = this.#at;
    const negative = this.#take('-');
    const first = this.#at;
    while (isDigit(this.#text[this.#at])) this.#at += 1;
    const digits = this.#at - first;
    if (digits === 0) this.#fail('a digit was expected');
    if (digits > MAX_DIGITS) this.#fail(`a number has more than ${MAX_DIGITS} digits`);
    if (digits > 1 && this.#text[first] === '0') this.#fail('a number starts with 0');
    if ('.eE'.includes(this.#text[this.#at] ?? 'x')) this.#fail('only whole numbers are allowed');
    const value = Number(this.#text.slice(start, this.#at));
    if (!Number.isSafeInteger(value)) this.#fail('a number is outside ±(2^53-1)');
    if (negative && value === 0) this.#fail('"-0" is not a number that prints back the same');
    return value;
  }

  #string(): string {
    let result = '';
    this.#at += 1;
    let start = this.#at;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) this.#fail('a string is not ended');
      if (char < ' ') this.#fail('a control character stands bare in a string');
      if (char !== '"' && char !== '\\') {
        this.#at += 1;
        continue;
      }
      result += this.#text.slice(start, this.#at);
      this.#at += 1;
      if (char === '"') break;
      result += this.#escape();
      start = this.#at;
    }
    if (!result.isWellFormed()) this.#fail('a string holds half of a surrogate pair');
    return result;
  }

  #escape(): string {
    const char = this.#text[this.#at] ?? '';
    this.#at += 1;
    const plain = Object.hasOwn(ESCAPES, char) ? ESCAPES[char] : undefined;
    if (plain !== undefined) return plain;
    const hex = this.#text.slice(this.#at, this.#at + 4);
    if (char !== 'u' || !/^[0-9a-fA-F]{4}$/.test(hex)) this.#fail('an escape is not valid');
    this.#at += 4;
    return String.fromCharCode(Number.parseInt(hex, 16));
  }
}

const WORDS: readonly (readonly [string, JsonValue])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

const isDigit = (char: string | undefined): boolean => char !== undefined && char >= '0' && char <= '9';
