import { OtaError } from '../errors.ts';
import { isObject, type JsonObject, type JsonValue } from './value.ts';

/**
 * A place in a JSON document that knows its own path, so that every fault of shape says where it is.
 *
 * All readers throw OtaError `shape-invalid`.
 */
export class Cursor {
  readonly #value: JsonValue | undefined;
  readonly path: string;

  constructor(value: JsonValue | undefined, path: string) {
    this.#value = value;
    this.path = path;
  }

  /** The value as it stands, whatever its type. */
  get value(): JsonValue {
    if (this.#value === undefined) this.fail('is missing');
    return this.#value;
  }

  fail(message: string, hint?: string): never {
    throw new OtaError('shape-invalid', `${this.path} ${message}`, {
      where: this.path,
      ...(hint === undefined ? {} : { hint }),
    });
  }

  string(): string {
    return typeof this.value === 'string' ? this.value : this.fail('must be a string');
  }

  /** A string that `test` accepts; `what` names the form it must have. */
  match<T extends string>(test: (text: string) => text is T, what: string): T {
    const text = this.string();
    return test(text) ? text : this.fail(`must be ${what}, not ${JSON.stringify(text)}`);
  }

  oneOf<T extends string>(values: readonly T[]): T {
    const text = this.string();
    const found = values.find((value) => value === text);
    return found ?? this.fail(`must be one of ${values.join(', ')}, not ${JSON.stringify(text)}`);
  }

  boolean(): boolean {
    return typeof this.value === 'boolean' ? this.value : this.fail('must be true or false');
  }

  /** A whole number, `min` to `max` inclusive. */
  integer(min = 0, max = Number.MAX_SAFE_INTEGER): number {
    const value = this.value;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max)
      return value;
    return this.fail(`must be a whole number from ${min} to ${max}`);
  }

  array(max = 100_000): readonly Cursor[] {
    const value = this.value;
    if (!Array.isArray(value)) return this.fail('must be a list');
    if (value.length > max) return this.fail(`has more than ${max} entries`);
    return (value as readonly JsonValue[]).map((item, index) => new Cursor(item, `${this.path}[${index}]`));
  }

  object(): JsonObject {
    return isObject(this.value) ? this.value : this.fail('must be an object');
  }

  entries(max = 100_000): readonly (readonly [string, Cursor])[] {
    const entries = Object.entries(this.object());
    if (entries.length > max) return this.fail(`has more than ${max} entries`);
    return entries.map(([key, value]) => [key, new Cursor(value, this.#child(key))]);
  }

  field(name: string): Cursor {
    const object = this.object();
    return new Cursor(Object.hasOwn(object, name) ? object[name] : undefined, this.#child(name));
  }

  /** The field, or `undefined` where it is absent; `null` is a value like any other. */
  optional(name: string): Cursor | undefined {
    return Object.hasOwn(this.object(), name) ? this.field(name) : undefined;
  }

  /** Refuses names outside `allowed`: for documents of ours, which have no unknown fields. */
  only(allowed: readonly string[]): this {
    for (const key of Object.keys(this.object())) {
      if (!allowed.includes(key)) this.fail(`has an unknown field ${JSON.stringify(key)}`);
    }
    return this;
  }

  #child(name: string): string {
    return /^[A-Za-z_][\w-]*$/.test(name) ? `${this.path}.${name}` : `${this.path}[${JSON.stringify(name)}]`;
  }
}
