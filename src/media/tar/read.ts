import {
  BLOCK_BYTES,
  describeHeader,
  entryHeader,
  type HeaderNumbers,
  PAX_TYPE,
  paddingOf,
  readNumbers,
  readPath,
  readPaxPath,
} from '../../bundle/archive/header.ts';
import { END_BYTES } from '../../bundle/archive/layout.ts';
import { equalBytes } from '../../core/bytes.ts';
import { type ByteSource, chunks, slice } from '../../core/source.ts';
import type { Contained, Contents } from '../contained.ts';
import { damaged, incomplete, noMedium } from '../faults.ts';

/** A path of a store and what it can have more as a part, with its length and name. */
const MAX_PAX_BYTES = 2 * BLOCK_BYTES;
const MAX_FILES = 200_000;

/**
 * Finds the files of an archive that `ota media create` made: every header is built again and compared, as a bundle's is. One that
 * another tool has packed is refused.
 *
 * @throws OtaError `media-missing`, `media-incomplete`, `media-damaged`
 */
export async function readTar(source: ByteSource, where: string): Promise<Contents> {
  const files = new Map<string, Contained>();
  let at = 0;
  for (
    let header = await headerAt(source, at, where);
    header !== undefined;
    header = await headerAt(source, at, where)
  ) {
    const { path, length } = header;
    const offset = at + header.bytes;
    at = offset + length + paddingOf(length);
    if (at > source.length) throw incomplete(where, `${where} ends inside ${path}`);
    if (files.has(path)) throw damaged(where, `${path} is there twice`);
    if (files.size === MAX_FILES) throw damaged(where, `it has more than ${MAX_FILES} files`);
    files.set(path, { key: path, length, pieces: (file) => chunks(slice(file, offset, length)) });
  }
  if (at + END_BYTES !== source.length) throw damaged(where, `bytes follow the end of ${where}`);
  return { find: (key) => files.get(key), all: () => files.values() };
}

interface Header {
  readonly path: string;
  readonly length: number;
  /** Bytes of the header itself. */
  readonly bytes: number;
}

/** `undefined` at the end of the archive. */
async function headerAt(source: ByteSource, at: number, where: string): Promise<Header | undefined> {
  const block = await blocks(source, at, 1, where);
  if (block.every((byte) => byte === 0)) {
    const end = await blocks(source, at, END_BYTES / BLOCK_BYTES, where);
    if (end.every((byte) => byte === 0)) return undefined;
    throw damaged(where, `a block of zeros stands inside ${where}`);
  }
  const said = await readHeader(source, at, block, where);
  if (said !== undefined) {
    const { path, length, mtime } = said;
    const expected = entryHeader({ path, length }, mtime);
    if (equalBytes(await blocks(source, at, expected.length / BLOCK_BYTES, where), expected)) {
      return { path, length, bytes: expected.length };
    }
  }
  if (at === 0) throw noMedium(where, 'it is not an archive that "ota media create" made');
  throw damaged(where, `${describeHeader(block)} in ${where} as nothing does there that ota writes`);
}

/** What the header says at a place, nothing of which is checked. */
async function readHeader(
  source: ByteSource,
  at: number,
  block: Uint8Array,
  where: string,
): Promise<(HeaderNumbers & { readonly path: string }) | undefined> {
  const numbers = readNumbers(block);
  const { path, type } = readPath(block);
  if (numbers === undefined || type !== PAX_TYPE) return numbers && { path, ...numbers };
  if (numbers.length > MAX_PAX_BYTES) return undefined;
  const content = await blocks(source, at + BLOCK_BYTES, Math.ceil(numbers.length / BLOCK_BYTES), where);
  const long = readPaxPath(content.subarray(0, numbers.length));
  const next = readNumbers(await blocks(source, at + BLOCK_BYTES + content.length, 1, where));
  return long === undefined || next === undefined ? undefined : { path: long, ...next };
}

async function blocks(source: ByteSource, at: number, count: number, where: string): Promise<Uint8Array> {
  const length = count * BLOCK_BYTES;
  if (at + length <= source.length) return source.read(at, length);
  throw at === 0
    ? noMedium(where, 'it is too short for an archive')
    : incomplete(where, `${where} ends after ${source.length} bytes, before the archive does`);
}
