import chalk from 'chalk';
import { formatTime } from '../../core/time.ts';
import type { Explanation } from '../../publish/explain.ts';
import type { ChannelReport } from '../../publish/set-channel.ts';
import type { ChannelRelease, Rollout } from '../../repository/channel.ts';
import type { Recall, RecallMark } from '../../repository/recalls.ts';
import { type ReadBack, readBackLines } from './read-back.ts';
import { table } from './table.ts';

/** What "ota channel list" gives. */
export interface ChannelList {
  readonly product: string;
  readonly store: string;
  readonly channels: readonly {
    readonly channel: string;
    readonly version: string;
    /** SHA-256 of the manifest. */
    readonly manifest: string;
    /** The release was recalled, and nothing is in its place. */
    readonly recalled?: RecallMark;
    readonly rollout?: Rollout;
  }[];
  /** Of the product, in the order in which they were recalled. */
  readonly recalls: readonly Recall[];
}

export const channelListLines = ({ product, store, channels, recalls }: ChannelList): string[] => [
  ...(channels.length === 0
    ? [`${product} has no channels at ${store}`]
    : table(
        [{ title: 'channel' }, { title: 'release' }, { title: 'manifest' }, { title: 'rollout' }],
        channels.map(({ channel, version, manifest, recalled, rollout }) => [
          channel,
          recalled ? `${version} ${chalk.red('recalled')}` : version,
          manifest.slice(0, 16),
          rollout ? stepsText(rollout) : '',
        ]),
      )),
  ...recalls.map(recallText),
];

/** `Recalled 1.1.0 at …: why; its devices go to 1.2.0`. */
export const recallText = ({ version, at, reason, to }: Recall): string =>
  `${chalk.red('Recalled')} ${chalk.bold(version)} at ${formatTime(at)}: ${reason}; its devices ` +
  `${to === undefined ? 'stay at what they have' : `go to ${to}`}`;

/** `1.1.0 was recalled at …: why`. */
export const heldText = ({ version, recalled }: ChannelRelease): string =>
  `${version} was ${chalk.red('recalled')}${recalled === undefined ? '' : ` at ${formatTime(recalled.at)}: ${recalled.reason}`}`;

/** What became of a channel, for a person. */
export function channelLines(report: ChannelReport & ReadBack): string[] {
  const { product, channel, from, to, rollout, changed, roles, expiresFirst } = report;
  if (!changed)
    return [
      `Channel ${channel} of ${product} gives out ${to} already; nothing to do.`,
      ...readBackLines(report),
    ];
  const what =
    to === undefined
      ? `${chalk.green('Removed')} channel ${chalk.bold(channel)} of ${product}: devices on it stay at what they have`
      : `Channel ${chalk.bold(channel)} of ${product} ${chalk.green('gives out')} ${from === undefined || from === to ? '' : `${from} → `}${to}`;
  return [
    what,
    ...(rollout ? [`  ${stepsText(rollout)}`] : []),
    `  roles: ${roles.map(({ role, version }) => `${role} ${version}`).join(', ')}`,
    `  ${expiresFirst.role} expires first, at ${formatTime(expiresFirst.expires)}`,
    ...readBackLines(report),
  ];
}

/** `from 1.0.0: 1% at …, 100% at …`. */
export const stepsText = ({ from, steps, paused }: Rollout): string =>
  `from ${from.version}: ${steps.map(({ percent, at }) => `${percent}% at ${formatTime(at)}`).join(', ')}` +
  `${paused === undefined ? '' : `; ${chalk.yellow('paused')} since ${formatTime(paused)}`}`;

/** Why a device is given what it is given. */
export function explanationLines({ channel, device, given, rollout, recalled }: Explanation): string[] {
  const what = given === undefined ? 'nothing, and stays at what it has' : chalk.bold(given);
  const first = `${chalk.bold(device)} on ${channel} is given ${what}`;
  const recalls = recalled.map((recall) => `  ${recallText(recall)}`);
  if (!rollout) return [first, '  as every device is', ...recalls];
  const { release, percent, place, turn, paused } = rollout;
  if (recalled.some(({ version }) => version === release)) {
    return [first, `  the rollout of ${release} has ended: no further device is given it`, ...recalls];
  }
  const when = turn === undefined ? 'at no step so far' : `from ${formatTime(turn)} on`;
  return [
    first,
    `  ${release} is given to ${percent}% of the devices; the place of this one is ${place.toFixed(3)} of 100, so it is in ${when}`,
    ...(paused === undefined ? [] : [`  but the rollout is paused since ${formatTime(paused)}`]),
    ...recalls,
  ];
}
