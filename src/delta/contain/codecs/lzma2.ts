import { pipeline, Readable } from 'node:stream';
import { OtaError } from '../../../core/errors.ts';
import { memorySource } from '../../../core/source.ts';
import { liblzma } from '../../coder/liblzma.ts';
import { decodeProps } from '../../coder/lzma-model.ts';
import { type Codec, type CodecParams, StreamDamage } from '../codec.ts';
import { START, sameStart } from '../start.ts';
import { CHUNK_HEADER, walkLzma2 } from '../xz/chunks.ts';

/** The filters of xz that may stand before LZMA2, by their ids: what the branches of machine code are told by. */
const FILTERS = {
  4: 'FILTER_X86',
  5: 'FILTER_POWERPC',
  6: 'FILTER_IA64',
  7: 'FILTER_ARM',
  8: 'FILTER_ARMTHUMB',
  9: 'FILTER_SPARC',
} as const;
const isFilter = (id: number): id is keyof typeof FILTERS => id in FILTERS;
export const NO_FILTER = 0;

/** liblzma's numbers for how it looks for matches, and how it chooses among them. */
export const FINDERS = { hc3: 3, hc4: 4, bt2: 18, bt3: 19, bt4: 20 } as const;
export const MODES = { fast: 1, normal: 2 } as const;

export interface Lzma2Settings {
  /** The id of the filter before LZMA2. */
  readonly filter: number;
  /** 4 KiB to 64 MiB. */
  readonly dictionary: number;
  /** lc, lp and pb in one byte. */
  readonly props: number;
  readonly mode: number;
  readonly finder: number;
  /** From this length on a match is taken as it is; up to 273. */
  readonly nice: number;
  /** Up to 1,000; 0 leaves it to liblzma. */
  readonly depth: number;
}

export const lzma2Params = (settings: Lzma2Settings): CodecParams => [
  settings.filter,
  settings.dictionary,
  settings.props,
  settings.mode,
  settings.finder,
  settings.nice,
  settings.depth,
];

function settingsOf(params: CodecParams): Lzma2Settings {
  const [filter = 0, dictionary = 0, props = 0, mode = 0, finder = 0, nice = 0, depth = 0] = params;
  return { filter, dictionary, props, mode, finder, nice, depth };
}

const DICTIONARY = { least: 2 ** 12, most: 2 ** 26 } as const;
const SETTINGS = 7;
/** How the first chunk starts where it is compressed, but for the highest bits of its length. */
const COMPRESSED = 0xe0;

function accepts(params: CodecParams): boolean {
  const { filter, dictionary, props, mode, finder, nice, depth } = settingsOf(params);
  return (
    params.length === SETTINGS &&
    (filter === NO_FILTER || isFilter(filter)) &&
    dictionary >= DICTIONARY.least &&
    dictionary <= DICTIONARY.most &&
    decodeProps(props) !== undefined &&
    Object.values<number>(MODES).includes(mode) &&
    Object.values<number>(FINDERS).includes(finder) &&
    // A finder's low bits are the bytes that it looks for.
    nice >= (finder & 15) &&
    nice <= 273 &&
    depth <= 1000
  );
}

/**
 * LZMA2 as it stands in the blocks of an .xz file, by liblzma 5.0 to 5.6, after a filter for branches or alone. Its chunks say how
 * much they hold, so nothing is unpacked that holds too much.
 */
export const lzma2: Codec = {
  id: 3,
  name: 'liblzma-5',
  // liblzma's own figure is 11.5 times the dictionary, and what does not depend on it.
  memory: (params) => 12 * settingsOf(params).dictionary + 2 ** 22,
  accepts,
  available: async () => (await liblzma()) !== undefined,
  decode: async (packed, most, params) => {
    const stream = await walkLzma2(memorySource(packed), 0, most);
    if (!stream) throw new StreamDamage('an LZMA2 stream is damaged or holds too much');
    if (stream.length < packed.length) throw new StreamDamage('an LZMA2 stream ends early');
    await needed();
    try {
      return await run('rawDecoder', packed, params);
    } catch (cause) {
      throw new StreamDamage('an LZMA2 stream is damaged', { cause });
    }
  },
  encode: (raw, params) => run('rawEncoder', raw, params),
  mayHave: async (packed, raw, params) => {
    const start = await run('rawEncoder', raw.subarray(0, START), params);
    // A chunk's header says how long it is, and one that is not compressed tells nothing.
    if (start[0] !== COMPRESSED || (packed[0] ?? 0) < COMPRESSED) return true;
    return sameStart(start.subarray(CHUNK_HEADER), packed.subarray(CHUNK_HEADER));
  },
};

/** @throws OtaError `package-missing` */
async function needed(): Promise<NonNullable<Awaited<ReturnType<typeof liblzma>>>> {
  const lzma = await liblzma();
  if (lzma) return lzma;
  throw new OtaError('package-missing', 'the package lzma-native, which packs as xz does, is not installed', {
    hint: 'Run "npm install lzma-native" where ota is installed, or use the full image.',
  });
}

async function run(
  coder: 'rawDecoder' | 'rawEncoder',
  input: Uint8Array,
  params: CodecParams,
): Promise<Uint8Array> {
  const lzma = await needed();
  const { filter, dictionary, props, mode, finder, nice, depth } = settingsOf(params);
  const model = decodeProps(props);
  if (!model) throw new Error('these are no settings of LZMA2');
  const options = { ...model, dictSize: dictionary, mode, mf: finder, niceLen: nice, depth };
  const filters = [
    ...(isFilter(filter) ? [{ id: lzma[FILTERS[filter]] }] : []),
    { id: lzma.FILTER_LZMA2, options },
  ];
  const stream = lzma.createStream(coder, { filters });
  pipeline(Readable.from([input]), stream, () => {});
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of stream) pieces.push(piece as Uint8Array);
  } finally {
    stream.destroy();
  }
  return Buffer.concat(pieces);
}
