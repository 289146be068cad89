import { encodeAsSdk } from '../../coder/lzma/encode.ts';
import type { Edition } from '../../coder/lzma/parser.ts';
import { LzmaDamage, LzmaDecoder } from '../../coder/lzma-decoder.ts';
import { decodeProps } from '../../coder/lzma-model.ts';
import { type Codec, type CodecParams, StreamDamage } from '../codec.ts';
import { START, sameStart } from '../start.ts';

/** The header of a .lzma file: lc, lp and pb in one byte, the dictionary, and how many bytes it holds. */
export const LZMA_HEADER = 13;

export interface LzmaHeader {
  readonly props: number;
  readonly dictionary: number;
  readonly raw: number;
}

/** `undefined` where these bytes are no header, or one that leaves the length to an end marker. */
export function readLzmaHeader(bytes: Uint8Array): LzmaHeader | undefined {
  if (bytes.length < LZMA_HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const props = view.getUint8(0);
  const raw = view.getBigUint64(5, true);
  if (!decodeProps(props) || raw > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  return { props, dictionary: view.getUint32(1, true), raw: Number(raw) };
}

/** By their numbers in a delta. */
const EDITIONS: readonly Edition[] = ['old', 'current'];

export interface SdkSettings {
  readonly props: number;
  /** 4 KiB to 64 MiB. */
  readonly dictionary: number;
  /** 5 to 273. */
  readonly nice: number;
  readonly edition: Edition;
}

export const sdkParams = ({ props, dictionary, nice, edition }: SdkSettings): CodecParams => [
  props,
  dictionary,
  nice,
  EDITIONS.indexOf(edition),
];

const DICTIONARY = { least: 2 ** 12, most: 2 ** 26 } as const;
const NICE = { least: 5, most: 273 } as const;

function settingsOf(params: CodecParams): SdkSettings | undefined {
  const [props = -1, dictionary = 0, nice = 0, number = -1] = params;
  const edition = EDITIONS[number];
  const known =
    params.length === 4 &&
    decodeProps(props) !== undefined &&
    dictionary >= DICTIONARY.least &&
    dictionary <= DICTIONARY.most &&
    nice >= NICE.least &&
    nice <= NICE.most;
  return known && edition ? { props, dictionary, nice, edition } : undefined;
}

/** A whole .lzma stream of known length, with its header, as the LZMA SDK writes it in normal mode with its match finder bt4. */
export const lzmaSdk: Codec = {
  id: 4,
  name: 'lzma-sdk',
  // Two sons for each place of the dictionary, a table of at most half as many entries, and what does not depend on it.
  memory: ([, dictionary = 0]) => 10 * dictionary + 2 ** 20,
  accepts: (params) => settingsOf(params) !== undefined,
  available: async () => true,
  decode: async (packed, most) => {
    const header = readLzmaHeader(packed);
    const props = header && decodeProps(header.props);
    if (!header || !props) throw new StreamDamage('a .lzma stream has no header');
    if (header.raw > most)
      throw new StreamDamage(`a .lzma stream holds ${header.raw} bytes, ${most} are allowed`);
    const decoder = new LzmaDecoder(props, Math.max(1, header.raw));
    decoder.feed(packed.subarray(LZMA_HEADER));
    try {
      const raw = decoder.run(header.raw, true);
      // The decoder may not have needed the last byte.
      if (decoder.left < 2) return raw;
    } catch (cause) {
      if (!(cause instanceof LzmaDamage)) throw cause;
      throw new StreamDamage('a .lzma stream is damaged', { cause });
    }
    throw new StreamDamage('a .lzma stream ends early');
  },
  encode: async (raw, params) => {
    const settings = settingsOf(params);
    const props = settings && decodeProps(settings.props);
    if (!props) throw new Error('these are no settings of the LZMA SDK');
    const packed = encodeAsSdk(raw, { ...settings, props });
    const bytes = new Uint8Array(LZMA_HEADER + packed.length);
    const view = new DataView(bytes.buffer);
    view.setUint8(0, settings.props);
    view.setUint32(1, settings.dictionary, true);
    view.setBigUint64(5, BigInt(raw.length), true);
    bytes.set(packed, LZMA_HEADER);
    return bytes;
  },
  mayHave: async (packed, raw, params) => {
    const settings = settingsOf(params);
    const props = settings && decodeProps(settings.props);
    if (!props) return false;
    const start = encodeAsSdk(raw.subarray(0, START), { ...settings, props, whole: raw.length });
    return sameStart(start, packed.subarray(LZMA_HEADER));
  },
};
