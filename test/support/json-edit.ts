import { isObject, type JsonObject, type JsonValue } from '../../src/core/json/value.ts';

export type Path = readonly (string | number)[];

/** The document with another value at a path, or without it (`undefined`). What is on the way must be there. */
export function edited(document: JsonValue, path: Path, value: JsonValue | undefined): JsonValue {
  const [step, ...rest] = path;
  if (step === undefined) {
    if (value === undefined) throw new Error('a whole document cannot be removed');
    return value;
  }
  if (Array.isArray(document)) {
    const list: JsonValue[] = [...document];
    const inner = rest.length > 0 ? edited(list[Number(step)] ?? null, rest, value) : value;
    if (inner === undefined) list.splice(Number(step), 1);
    else list[Number(step)] = inner;
    return list;
  }
  if (!isObject(document)) throw new Error(`there is nothing at ${String(step)}`);
  const entries = new Map(Object.entries(document));
  const inner = rest.length > 0 ? edited(entries.get(String(step)) ?? null, rest, value) : value;
  if (inner === undefined) entries.delete(String(step));
  else entries.set(String(step), inner);
  return Object.fromEntries(entries);
}

export const editedObject = (document: JsonObject, path: Path, value: JsonValue | undefined): JsonObject =>
  edited(document, path, value) as JsonObject;

/** Every place in a document, outermost first. */
export function places(document: JsonValue, at: Path = []): readonly Path[] {
  const children: readonly (readonly [string | number, JsonValue])[] = Array.isArray(document)
    ? (document as readonly JsonValue[]).map((item, index) => [index, item])
    : isObject(document)
      ? Object.entries(document)
      : [];
  return [at, ...children.flatMap(([step, item]) => places(item, [...at, step]))];
}
