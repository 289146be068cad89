import chalk from 'chalk';
import { formatTime } from '../../core/time.ts';
import type { RecallReport } from '../../publish/recall.ts';
import { recallText } from './channel.ts';

/** What became of a recalled release, for a person. */
export function recallLines({
  product,
  recall,
  channels,
  changed,
  roles,
  expiresFirst,
}: RecallReport): string[] {
  if (!changed) return [`${product} ${recall.version} is recalled so already; nothing to do.`];
  return [
    `${product}: ${recallText(recall)}`,
    ...(channels.length === 0 ? ['  no channel gave it out'] : []),
    ...channels.map(({ channel, to }) =>
      to === undefined
        ? `  channel ${chalk.bold(channel)} is held: no further device is given it`
        : `  channel ${chalk.bold(channel)} gives out ${chalk.bold(to)}`,
    ),
    `  roles: ${roles.map(({ role, version }) => `${role} ${version}`).join(', ')}`,
    `  ${expiresFirst.role} expires first, at ${formatTime(expiresFirst.expires)}`,
  ];
}
