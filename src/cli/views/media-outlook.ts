import chalk from 'chalk';
import { parseTime } from '../../core/time.ts';
import type { MediaOutlook, ProductOutlook, ProfileOutlook, RenewalTask } from '../../media/outlook.ts';
import { mediaProfileText } from '../../repository/media-profile.ts';
import { table } from './table.ts';
import { relativeTime } from './time.ts';

/** Until when a medium would count, for a person. */
export const outlookLines = ({ at, days, products }: MediaOutlook): string[] =>
  products.flatMap((product, index) => [
    ...(index === 0 ? [] : ['']),
    `A medium for ${chalk.bold(product.product)} made at ${at} would count ${untilText(product.until, at)}`,
    `  by its profile: ${mediaProfileText(product.profile)}`,
    product.enough
      ? `  ${chalk.green('That is enough')} for ${days} days`
      : `  ${chalk.yellow(`For ${days} days`)} these have to be signed before it is made:`,
    ...renewalLines(product),
    '  by another profile:',
    ...table(
      [{ title: '    profile' }, { title: 'counts' }, { title: '' }],
      product.profiles.map((profile) => [
        `    ${nameOf(profile)}`,
        untilText(profile.until, at),
        profile.enough ? chalk.green('enough') : 'too short',
      ]),
    ),
  ]);

const nameOf = (profile: ProfileOutlook): string =>
  profile.expiry === 'limit' ? `limit ${profile.days} days` : profile.expiry;

const untilText = (until: string | undefined, at: string): string =>
  until === undefined ? 'without an end' : `until ${until}, ${relativeTime(parseTime(until), parseTime(at))}`;

function renewalLines({ renewals }: ProductOutlook): string[] {
  if (renewals.length === 0) return [];
  return table(
    [{ title: '    role' }, { title: 'expires' }, { title: 'signed by' }, { title: 'begin with' }],
    renewals.map((task) => [
      `    ${task.role}`,
      task.why === 'profile' ? 'its profile is too short' : task.expires,
      `${task.threshold} of ${task.keyids.map((keyid) => keyid.slice(0, 16)).join(', ')}`,
      beginText(task),
    ]),
  );
}

const beginText = ({ commands, lastsAtMost }: RenewalTask): string =>
  commands.length === 0
    ? `nothing: it never lasts longer than ${lastsAtMost} days; take another profile`
    : commands.join(', then ');
