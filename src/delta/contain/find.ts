import { seal } from '../../core/digest.ts';
import { type Progress, silent } from '../../core/progress.ts';
import type { ByteSource } from '../../core/source.ts';
import { breathe } from '../match/breathe.ts';
import type { Codec, FoundStream, Packer } from './codec.ts';
import { CODECS, FINDERS } from './registry.ts';

/** A found stream with the digest of its packed bytes. */
export interface Known extends Pick<FoundStream, 'offset' | 'length' | 'most' | 'group'> {
  readonly digest: string;
  /** What may have packed it, the likeliest first; at least one. */
  readonly ways: readonly Packer[];
}

/** The codecs that may be used and work on this machine; `false` for none, all of them without a list. */
export async function usableCodecs(unpack: false | readonly string[] | undefined): Promise<readonly Codec[]> {
  const allowed = CODECS.filter(
    ({ name }) => unpack === undefined || (unpack !== false && unpack.includes(name)),
  );
  const available = await Promise.all(allowed.map((codec) => codec.available()));
  return allowed.filter((_, index) => available[index]);
}

/** Every packed stream of an image that one of the codecs is for, in the order of their places, without overlap. */
export async function findStreams(
  image: ByteSource,
  codecs: readonly Codec[],
  progress: Progress = silent,
): Promise<readonly Known[]> {
  let found: FoundStream[] = [];
  for (const finder of FINDERS) {
    const streams = await finder.find(image);
    const usable = streams.filter((stream) => stream.length > 0 && waysOf(stream, codecs).length > 0);
    found = withoutOverlap(found, usable);
    await breathe();
  }
  const known: Known[] = [];
  let done = 0;
  for (const stream of found) {
    const ways = waysOf(stream, codecs);
    known.push({ ...stream, ways, digest: seal(await image.read(stream.offset, stream.length)).sha256 });
    done = stream.offset + stream.length;
    progress({ task: 'find packed parts', done, total: image.length });
  }
  return known;
}

const waysOf = (stream: FoundStream, codecs: readonly Codec[]): readonly Packer[] =>
  [stream, ...(stream.others ?? [])].flatMap(({ codec, guesses }) =>
    codecs.includes(codec) ? guesses.map((params) => ({ codec, params })) : [],
  );

/** Both lists in the order of their places; of the second one without what overlaps something of the first, or of itself. */
function withoutOverlap(first: readonly FoundStream[], second: readonly FoundStream[]): FoundStream[] {
  const ordered = [
    ...first.map((stream) => ({ stream, rank: 0 })),
    ...second.map((stream) => ({ stream, rank: 1 })),
  ].sort((a, b) => a.stream.offset - b.stream.offset || a.rank - b.rank);
  const kept: typeof ordered = [];
  for (const entry of ordered) {
    const last = kept.at(-1);
    if (!last || last.stream.offset + last.stream.length <= entry.stream.offset) kept.push(entry);
    else if (last.rank > entry.rank) {
      kept.pop();
      kept.push(entry);
    }
  }
  return kept.map(({ stream }) => stream);
}
