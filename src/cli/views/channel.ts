import chalk from 'chalk';
import { formatTime } from '../../core/time.ts';
import type { ChannelReport } from '../../publish/set-channel.ts';
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
  }[];
}

export const channelListLines = ({ product, store, channels }: ChannelList): string[] =>
  channels.length === 0
    ? [`${product} has no channels at ${store}`]
    : table(
        [{ title: 'channel' }, { title: 'release' }, { title: 'manifest' }],
        channels.map(({ channel, version, manifest }) => [channel, version, manifest.slice(0, 16)]),
      );

/** What became of a channel, for a person. */
export function channelLines({
  product,
  channel,
  from,
  to,
  changed,
  roles,
  expiresFirst,
}: ChannelReport): string[] {
  if (!changed) return [`Channel ${channel} of ${product} gives out ${to} already; nothing to do.`];
  const what =
    to === undefined
      ? `${chalk.green('Removed')} channel ${chalk.bold(channel)} of ${product}: devices on it stay at what they have`
      : `Channel ${chalk.bold(channel)} of ${product} ${chalk.green('gives out')} ${from === undefined ? '' : `${from} → `}${to}`;
  return [
    what,
    `  roles: ${roles.map(({ role, version }) => `${role} ${version}`).join(', ')}`,
    `  ${expiresFirst.role} expires first, at ${formatTime(expiresFirst.expires)}`,
  ];
}
