import { equalBytes } from '../../core/bytes.ts';
import { type Progress, silent } from '../../core/progress.ts';
import type { ByteSource } from '../../core/source.ts';
import { breathe } from '../match/breathe.ts';
import { type Packer, StreamDamage } from './codec.ts';
import { findStreams, type Known, usableCodecs } from './find.ts';
import type { PackedAgain } from './packed-again.ts';
import { growsTooMuch, type OldStream, type Packing, samePacker, unpackedLength } from './packing.ts';

/** Bytes of unpacked old streams that an applier keeps, where its memory is not limited. */
const KEEP = 64 * 2 ** 20;
/** The part of a limited memory that is spent on keeping more than has to be. */
const KEEP_PART = 4;

export interface ChooseOptions {
  /** Names of the codecs that devices have; `false` for none, all without it. */
  readonly unpack?: false | readonly string[];
  /** Bytes that the device can spend on applying. */
  readonly memory?: number;
  readonly progress?: Progress;
  /** Is told which streams of the new image came out the same. */
  readonly packedAgain?: PackedAgain;
}

/** What is unpacked of both images, the new image's streams with where they are in it as well. */
export interface Chosen {
  readonly packing: Packing;
  readonly old: readonly OldStream[];
  readonly new: readonly OldStream[];
  /** Bytes of the new image's streams that no delta of the packed images finds in the old one. */
  readonly hidden: number;
}

/**
 * Which streams are worth unpacking: those whose packed bytes are in one of the images only, with all of the file that they are a
 * part of, and of the new image's only those that come out the same when they are packed again. `undefined` where there are none.
 */
export async function choosePacking(
  old: ByteSource,
  fresh: ByteSource,
  options: ChooseOptions,
): Promise<Chosen | undefined> {
  const codecs = await usableCodecs(options.unpack);
  if (codecs.length === 0) return undefined;
  const found = await findStreams(fresh, codecs, options.progress);
  const before = await findStreams(old, codecs, options.progress);
  const changed = changedDigests(before, found);
  const rebuilt = await unpackEach(fresh, found, changed, true, options);
  if (rebuilt.length === 0 && found.some(({ digest }) => changed.has(digest))) return undefined;
  // What stays packed in the new image is of use in the old one as it is.
  const exact = new Set(rebuilt.map(({ digest }) => digest));
  const stuck = new Set(found.map(({ digest }) => digest).filter((digest) => !exact.has(digest)));
  const wanted = new Set([...changed].filter((digest) => !stuck.has(digest)));
  const unpacked = await unpackEach(old, before, wanted, false, options);
  if (rebuilt.length + unpacked.length === 0) return undefined;
  const ofOld = new Set(before.map(({ digest }) => digest));
  const hidden = rebuilt.reduce((sum, { digest, length }) => sum + (ofOld.has(digest) ? 0 : length), 0);
  return chosen(old, fresh, unpacked, rebuilt, hidden, options.memory);
}

function chosen(
  oldImage: ByteSource,
  newImage: ByteSource,
  old: readonly OldStream[],
  fresh: readonly OldStream[],
  hidden: number,
  memory: number | undefined,
): Chosen | undefined {
  const oldLength = unpackedLength(oldImage.length, old);
  const newLength = unpackedLength(newImage.length, fresh);
  if (growsTooMuch(oldLength, oldImage.length) || growsTooMuch(newLength, newImage.length)) return undefined;
  let shift = 0;
  const placed = fresh.map(({ offset, length, raw, packer }) => {
    const at = offset + shift;
    shift += raw - length;
    return { at, raw, packer };
  });
  const all = old.reduce((sum, { raw }) => sum + raw, 0);
  const longest = old.reduce((most, { raw }) => Math.max(most, raw), 0);
  const spare = memory === undefined ? KEEP : Math.floor(memory / KEEP_PART);
  const keep = Math.max(longest, Math.min(all, spare));
  return { packing: { keep, old, new: placed, oldLength, newLength }, old, new: fresh, hidden };
}

/** The digests of streams that are in one image only, and of all other streams of their groups. */
function changedDigests(old: readonly Known[], fresh: readonly Known[]): ReadonlySet<string> {
  const changed = new Set<string>();
  for (const [streams, others] of [
    [old, fresh],
    [fresh, old],
  ] as const) {
    const there = new Set(others.map(({ digest }) => digest));
    const groups = new Set<number>();
    for (const { digest, group } of streams) {
      if (there.has(digest)) continue;
      changed.add(digest);
      if (group !== undefined) groups.add(group);
    }
    for (const { digest, group } of streams)
      if (group !== undefined && groups.has(group)) changed.add(digest);
  }
  return changed;
}

/** A stream that can be unpacked, and packed again where it has to be. */
interface Unpacked extends OldStream {
  readonly digest: string;
}

async function unpackEach(
  image: ByteSource,
  streams: readonly Known[],
  wanted: ReadonlySet<string>,
  again: boolean,
  { progress = silent, packedAgain }: ChooseOptions,
): Promise<readonly Unpacked[]> {
  const packers: Packer[] = [];
  const results = new Map<string, Pick<Unpacked, 'raw' | 'packer'> | undefined>();
  const unpacked: Unpacked[] = [];
  for (const stream of streams) {
    const { offset, length, digest } = stream;
    if (!wanted.has(digest)) continue;
    if (!results.has(digest)) {
      results.set(
        digest,
        await tryOne(await image.read(offset, length), stream, again, packers, packedAgain),
      );
      progress({ task: again ? 'pack again' : 'unpack', done: offset + length, total: image.length });
      await breathe();
    }
    const result = results.get(digest);
    if (result) unpacked.push({ offset, length, digest, ...result });
  }
  return unpacked;
}

/** Unpacks a stream, and finds how it is packed again to the same bytes; `packers` are those that worked before. */
async function tryOne(
  packed: Uint8Array,
  { ways, most, offset, length }: Known,
  again: boolean,
  packers: Packer[],
  packedAgain: PackedAgain | undefined,
): Promise<Pick<Unpacked, 'raw' | 'packer'> | undefined> {
  const [first] = ways;
  if (!first) return undefined;
  try {
    const raw = await first.codec.decode(packed, most, first.params);
    if (raw.length === 0) return undefined;
    for (const packer of again ? likeliestFirst(ways, packers) : [first]) {
      if (again && !(await comesOut(packer, packed, raw))) continue;
      if (again) packedAgain?.note(packer, raw, { offset, length });
      return { raw: raw.length, packer: remember(packer, packers) };
    }
    return undefined;
  } catch (error) {
    if (error instanceof StreamDamage) return undefined;
    throw error;
  }
}

async function comesOut({ codec, params }: Packer, packed: Uint8Array, raw: Uint8Array): Promise<boolean> {
  if (codec.mayHave && !(await codec.mayHave(packed, raw, params))) return false;
  return equalBytes(await codec.encode(raw, params), packed);
}

/** Streams of one image are mostly packed alike. */
function likeliestFirst(ways: readonly Packer[], worked: readonly Packer[]): readonly Packer[] {
  const has = (packer: Packer) => worked.some((other) => samePacker(other, packer));
  return [...ways.filter(has), ...ways.filter((packer) => !has(packer))];
}

/** The same object for the same packer, the one that worked last at the front. */
function remember(packer: Packer, packers: Packer[]): Packer {
  const at = packers.findIndex((other) => samePacker(other, packer));
  const same = at < 0 ? packer : (packers.splice(at, 1)[0] as Packer);
  packers.unshift(same);
  return same;
}
