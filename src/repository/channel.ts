import type { Digest } from '../core/digest.ts';
import { Cursor } from '../core/json/cursor.ts';
import { parseJson } from '../core/json/parse.ts';
import { printJson } from '../core/json/print.ts';
import type { JsonObject } from '../core/json/value.ts';
import { isName, isVersion, type Name, type Version } from '../core/names.ts';
import { formatTime, parseTime, type Seconds } from '../core/time.ts';
import { digest, digestObject } from './custom.ts';
import { markObject, markOf, type RecallMark } from './recalls.ts';

/** A channel: which of a product's genuine releases its devices are given. */
export interface Channel {
  readonly product: Name;
  readonly channel: Name;
  readonly release: ChannelRelease;
  /** Absent where all devices are given the release. */
  readonly rollout?: Rollout;
  /**
   * Releases that devices pass through which cannot install what they are given over what they have, in the order in which they are
   * passed; absent where none has to.
   */
  readonly through?: readonly ChannelRelease[];
}

export interface ChannelRelease {
  readonly version: Version;
  readonly manifest: Digest;
  /** Since when and why no device is given it that has not got it. */
  readonly recalled?: RecallMark;
}

/** How a release comes to more and more of a channel's devices. */
export interface Rollout {
  /** What the others are given. */
  readonly from: ChannelRelease;
  /** At least one; times and percentages rise. */
  readonly steps: readonly RolloutStep[];
  /** Since when no further device is given the release. */
  readonly paused?: Seconds;
}

export interface RolloutStep {
  readonly at: Seconds;
  /** 1 to 100. */
  readonly percent: number;
}

const TYPE = 'ota-channel';
const FORMAT = 1;
const MAX_STEPS = 100;
const MAX_THROUGH = 100;

/** The channel's document, the same bytes for the same channel. */
export const encodeChannel = ({ product, channel, release, rollout, through = [] }: Channel): Uint8Array =>
  printJson({
    _type: TYPE,
    format: FORMAT,
    product,
    channel,
    release: releaseObject(release),
    ...(rollout === undefined ? {} : { rollout: rolloutObject(rollout) }),
    ...(through.length === 0 ? {} : { through: through.map(releaseObject) }),
  });

/** Reads a channel's document, which has no fields but ours. @throws OtaError `json-invalid`, `shape-invalid` */
export function parseChannel(bytes: Uint8Array, where: string): Channel {
  const at = new Cursor(parseJson(bytes, where), where).only([
    '_type',
    'format',
    'product',
    'channel',
    'release',
    'rollout',
    'through',
  ]);
  at.field('_type').oneOf([TYPE]);
  at.field('format').integer(FORMAT, FORMAT);
  const staged = at.optional('rollout');
  const through = at.optional('through');
  return {
    product: at.field('product').match(isName, 'a name'),
    channel: at.field('channel').match(isName, 'a name'),
    release: releaseOf(at.field('release')),
    ...(staged === undefined ? {} : { rollout: rolloutOf(staged) }),
    ...(through === undefined ? {} : { through: throughOf(through) }),
  };
}

const releaseObject = ({ version, manifest, recalled }: ChannelRelease): JsonObject => ({
  version,
  manifest: digestObject(manifest),
  ...(recalled === undefined ? {} : { recalled: markObject(recalled) }),
});

const rolloutObject = ({ from, steps, paused }: Rollout): JsonObject => ({
  from: releaseObject(from),
  steps: steps.map(({ at, percent }) => ({ at: formatTime(at), percent })),
  ...(paused === undefined ? {} : { paused: formatTime(paused) }),
});

function releaseOf(at: Cursor): ChannelRelease {
  at.only(['version', 'manifest', 'recalled']);
  const recalled = at.optional('recalled')?.only(['at', 'reason']);
  return {
    version: at.field('version').match(isVersion, 'a version'),
    manifest: digest(at.field('manifest').only(['length', 'sha256'])),
    ...(recalled === undefined ? {} : { recalled: markOf(recalled) }),
  };
}

function rolloutOf(at: Cursor): Rollout {
  at.only(['from', 'steps', 'paused']);
  const paused = at.optional('paused');
  const list = at.field('steps');
  const steps = list.array(MAX_STEPS).map((item) => {
    item.only(['at', 'percent']);
    return { at: time(item.field('at')), percent: item.field('percent').integer(1, 100) };
  });
  if (steps.length === 0) list.fail('has no entries');
  for (const [index, step] of steps.entries()) {
    const next = steps[index + 1];
    if (next && (next.at <= step.at || next.percent <= step.percent)) list.fail('do not rise');
  }
  return {
    from: releaseOf(at.field('from')),
    steps,
    ...(paused === undefined ? {} : { paused: time(paused) }),
  };
}

function throughOf(at: Cursor): readonly ChannelRelease[] {
  const releases = at.array(MAX_THROUGH).map(releaseOf);
  if (releases.length === 0) at.fail('has no entries');
  if (new Set(releases.map(({ version }) => version)).size < releases.length)
    at.fail('names a release twice');
  return releases;
}

const time = (at: Cursor): Seconds => parseTime(at.string(), at.path);
