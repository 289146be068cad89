import type { ByteSource } from '../../../core/source.ts';
import { type FoundStream, STREAM_MAX } from '../codec.ts';
import { LZMA_HEADER, lzmaSdk, readLzmaHeader, sdkParams } from '../codecs/lzma-sdk.ts';
import type { Finder } from '../finder.ts';
import { occurrences } from './search.ts';

/** PI Specification, volume 3: a section's size and type, and for 0xffffff its size again in four bytes. */
const GUID_DEFINED = 2;
const COMMON = 4;
const COMMON2 = 8;
const EXTENDED = 0xffffff;
const GUID = 16;
/** Behind the GUID: where the data starts in the section, and attributes. */
const DEFINED = GUID + 4;

/** What the data of a section is packed by; the second has had the branches of x86 code made absolute before, and is left so. */
const GUIDS = ['98584eee143959429d6edc7bd79403cf', 'bde62ad45213fb4b909aca72a6eae889'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

/** What holds less is not worth a stream of its own. */
const LEAST = 1024;

/** LZMA SDK's levels up to 6 and from 7 on, by the editions that EDK2 has had. */
const GUESSES = [
  { nice: 32, edition: 'current' },
  { nice: 32, edition: 'old' },
  { nice: 64, edition: 'current' },
  { nice: 64, edition: 'old' },
  { nice: 128, edition: 'old' },
  { nice: 273, edition: 'old' },
] as const;

/** Sections of UEFI firmware volumes that are packed with LZMA, found by their GUID wherever they are. */
export const uefi: Finder = {
  name: 'UEFI firmware volume',
  find: async (image) => {
    const found: FoundStream[] = [];
    let free = 0;
    for await (const at of occurrences(image, GUIDS)) {
      const section = at < free ? undefined : await readSection(image, at);
      if (!section) continue;
      found.push(section);
      free = section.offset + section.length;
    }
    return found;
  },
};

/** `at` is where the section's GUID is. */
async function readSection(image: ByteSource, at: number): Promise<FoundStream | undefined> {
  const body = await bodyOf(image, at);
  if (!body || body.length < LZMA_HEADER) return undefined;
  const header = readLzmaHeader(await image.read(body.offset, LZMA_HEADER));
  if (!header || header.raw < LEAST || header.raw > STREAM_MAX) return undefined;
  const guesses = GUESSES.map((guess) => sdkParams({ ...header, ...guess }));
  if (!guesses.every(lzmaSdk.accepts)) return undefined;
  return { ...body, most: header.raw, codec: lzmaSdk, guesses };
}

async function bodyOf(
  image: ByteSource,
  at: number,
): Promise<{ readonly offset: number; readonly length: number } | undefined> {
  if (at + DEFINED > image.length) return undefined;
  const from = Math.max(0, at - COMMON2);
  const bytes = Buffer.from(await image.read(from, at + DEFINED - from));
  const guid = at - from;
  const offset = bytes.readUInt16LE(guid + GUID);
  for (const header of [COMMON, COMMON2]) {
    const start = guid - header;
    if (start < 0 || bytes[start + 3] !== GUID_DEFINED) continue;
    const short = bytes.readUIntLE(start, 3);
    if ((short === EXTENDED) !== (header === COMMON2)) continue;
    const size = header === COMMON ? short : bytes.readUInt32LE(start + COMMON);
    const end = at - header + size;
    if (offset < header + DEFINED || offset >= size || end > image.length) continue;
    return { offset: at - header + offset, length: size - offset };
  }
  return undefined;
}
