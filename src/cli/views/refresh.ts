import chalk from 'chalk';
import { DAY, formatTime, type Seconds } from '../../core/time.ts';
import type { RefreshReport } from '../../publish/refresh.ts';

/** What was renewed, for a person. */
export function refreshLines({ store, changed, roles, objects, expiresFirst }: RefreshReport): string[] {
  const first = `  ${expiresFirst.role} expires first, at ${formatTime(expiresFirst.expires)}`;
  if (!changed) return [`Nothing is due at ${store}`, first];
  return [
    `${chalk.green('Renewed')} ${roles.map(({ role, version }) => `${role} ${version}`).join(', ')} at ${store}`,
    `  every role verified, ${objects} objects found`,
    first,
  ];
}

/** Roles that others have to sign soon. */
export const expiringLines = ({ expiring }: RefreshReport, now: Seconds): string[] =>
  expiring.map(
    ({ role, expires, threshold, keyids }) =>
      `${chalk.yellow('warning')}: ${role} expires at ${formatTime(expires)}, in ${Math.floor((expires - now) / DAY)} days: ` +
      `to be signed by ${threshold} of ${keyids.map((keyid) => keyid.slice(0, 16)).join(', ')}`,
  );
