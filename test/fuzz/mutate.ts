import { concatBytes, utf8 } from '../../src/core/bytes.ts';
import { parseJson } from '../../src/core/json/parse.ts';
import type { JsonValue } from '../../src/core/json/value.ts';
import { edited, places } from '../support/json-edit.ts';
import type { Random } from './random.ts';

type Mutation = (bytes: Uint8Array, random: Random, corpus: readonly Uint8Array[]) => Uint8Array;

const ODD_BYTES = [0, 1, 0x20, 0x22, 0x2f, 0x7f, 0x80, 0xff];
const ODD_INTEGERS = [0, 1, 2 ** 15, 2 ** 16 - 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const ODD_TEXTS = [
  '',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '/',
  '..',
  '../',
  '\\u0000',
  '\\ud800',
  '\u0000',
  '\u202e',
  '__proto__',
  'constructor',
  'null',
  'true',
  '-0',
  '-1',
  '0.5',
  '1e9',
  '9007199254740992',
  '99999999999999999999',
  '*',
  '?',
  '**',
  '&a',
  '*a',
  '<<',
  '!!js',
  '|',
  '---',
  '\n',
  '\t',
];
const ODD_VALUES: readonly JsonValue[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  2 ** 53 - 1,
  '',
  'x',
  '../x',
  '0'.repeat(64),
  'a'.repeat(2000),
  '2026-02-31T00:00:00Z',
  [],
  [[]],
  {},
  { a: 1 },
];

const at = (bytes: Uint8Array, random: Random): number => random.below(bytes.length + 1);
const span = (bytes: Uint8Array, random: Random): readonly [number, number] => {
  const from = at(bytes, random);
  return [from, Math.min(bytes.length, from + 1 + random.below(random.pick([2, 8, 64, 1024])))];
};
const insert = (bytes: Uint8Array, place: number, more: Uint8Array): Uint8Array =>
  concatBytes(bytes.subarray(0, place), more, bytes.subarray(place));

const MUTATIONS: readonly Mutation[] = [
  function flipBit(bytes, random) {
    const copy = Uint8Array.from(bytes);
    const place = random.below(Math.max(1, copy.length));
    copy[place] = (copy[place] ?? 0) ^ (1 << random.below(8));
    return copy;
  },
  function setByte(bytes, random) {
    const copy = Uint8Array.from(bytes);
    copy[random.below(Math.max(1, copy.length))] = random.below(2)
      ? random.pick(ODD_BYTES)
      : random.below(256);
    return copy;
  },
  function setInteger(bytes, random) {
    const copy = Uint8Array.from(bytes);
    if (copy.length < 8) return copy;
    const view = new DataView(copy.buffer);
    const place = random.below(copy.length - 7);
    if (random.below(2)) view.setUint32(place, random.pick(ODD_INTEGERS), random.below(2) === 1);
    else view.setBigUint64(place, BigInt(random.pick(ODD_INTEGERS)) << BigInt(random.below(33)), true);
    return copy;
  },
  function removeSpan(bytes, random) {
    const [from, to] = span(bytes, random);
    return concatBytes(bytes.subarray(0, from), bytes.subarray(to));
  },
  function repeatSpan(bytes, random) {
    const piece = bytes.subarray(...span(bytes, random));
    return insert(
      bytes,
      at(bytes, random),
      concatBytes(...Array.from({ length: 1 + random.below(8) }, () => piece)),
    );
  },
  function cut(bytes, random) {
    return bytes.subarray(0, at(bytes, random));
  },
  function addBytes(bytes, random) {
    const more = Uint8Array.from({ length: 1 + random.below(16) }, () => random.below(256));
    return insert(bytes, at(bytes, random), more);
  },
  function addWord(bytes, random) {
    return insert(bytes, at(bytes, random), utf8(random.pick(ODD_TEXTS)));
  },
  function splice(bytes, random, corpus) {
    const other = random.pick(corpus);
    return concatBytes(bytes.subarray(0, at(bytes, random)), other.subarray(at(other, random)));
  },
  function editDocument(bytes, random, corpus) {
    const document = documentIn(bytes);
    if (document === undefined) return addWord(bytes, random, corpus);
    const place = random.pick(places(document));
    const removed = random.below(8) === 0 && place.length > 0;
    return utf8(JSON.stringify(edited(document, place, removed ? undefined : random.pick(ODD_VALUES))));
  },
];
const addWord: Mutation = (bytes, random) => insert(bytes, at(bytes, random), utf8(random.pick(ODD_TEXTS)));

function documentIn(bytes: Uint8Array): JsonValue | undefined {
  if (bytes[0] !== 0x7b && bytes[0] !== 0x5b) return undefined;
  try {
    return parseJson(bytes);
  } catch {
    return undefined;
  }
}

/** One of the corpus with one to four things wrong with it, no longer than `most`. */
export function mutate(corpus: readonly Uint8Array[], random: Random, most: number): Uint8Array {
  let bytes = random.pick(corpus);
  for (let count = 1 + random.below(4); count > 0; count -= 1) {
    bytes = random.pick(MUTATIONS)(bytes, random, corpus).subarray(0, most);
  }
  return bytes;
}
