import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { EtagHasher, isEtag, LARGE, PART } from '../../../src/core/etag.ts';

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest();
const ofPieces = (bytes: Uint8Array, size: number): string => {
  const hasher = new EtagHasher();
  for (let at = 0; at < bytes.length; at += size) hasher.update(bytes.subarray(at, at + size));
  return hasher.etag();
};
const BYTES = new Uint8Array(3 * PART + 5).map((_, at) => (at * 31) >> 7);

it.each([0, 1, PART, LARGE - 1])('of %i bytes is their MD5', (length) => {
  const bytes = BYTES.subarray(0, length);
  expect(ofPieces(bytes, 1 << 20)).toBe(md5(bytes).toString('hex'));
});

it.each([
  [LARGE, 2],
  [LARGE + 1, 3],
  [3 * PART, 3],
  [3 * PART + 5, 4],
])('of %i bytes is that of %i parts, whatever the pieces', (length, parts) => {
  const bytes = BYTES.subarray(0, length);
  const each = Array.from({ length: parts }, (_, at) => md5(bytes.subarray(at * PART, (at + 1) * PART)));
  const expected = `${md5(Buffer.concat(each)).toString('hex')}-${parts}`;
  for (const size of [length, PART, 1_000_003]) expect(ofPieces(bytes, size)).toBe(expected);
});

it.each<[string, boolean]>([
  ['d41d8cd98f00b204e9800998ecf8427e', true],
  ['d41d8cd98f00b204e9800998ecf8427e-2', true],
  ['d41d8cd98f00b204e9800998ecf8427e-0', false],
  ['d41d8cd98f00b204e9800998ecf8427e-', false],
  ['D41D8CD98F00B204E9800998ECF8427E', false],
  ['"d41d8cd98f00b204e9800998ecf8427e"', false],
  ['', false],
])('%j is the form of one: %s', (text, is) => {
  expect(isEtag(text)).toBe(is);
});
