import chalk from 'chalk';
import { formatSize } from '../../core/sizes.ts';
import type { CompleteReport } from '../../publish/complete.ts';
import type { StagedRequest } from '../requests/stage.ts';

/** A staged publication, and what comes next. */
export function stagedLines({ path, request, title, store, targets, documents }: StagedRequest): string[] {
  const uploaded = targets.filter(({ status }) => status === 'uploaded');
  const bytes = uploaded.reduce((sum, { length }) => sum + length, 0);
  return [
    `${chalk.green('Staged')} ${chalk.bold(title)} at ${store}: no device sees it yet`,
    ...(targets.length === 0 ? [] : [`  ${uploaded.length} files uploaded, ${formatSize(bytes)}`]),
    `  request   ${path}`,
    `            ${request}`,
    ...documents.flatMap(({ name, quorums }) =>
      quorums.map(
        ({ threshold, keyids }) =>
          `  to sign   ${name}: ${threshold} of ${keyids.map((keyid) => keyid.slice(0, 16)).join(', ')}`,
      ),
    ),
    `  next: carry ${path} to the officers, who run "ota sign ${path}"; then ota publish ${path} RESPONSE…`,
  ];
}

/** A publication that officers signed. */
export function completeLines(
  { title, channel, store, changed, targets, roles, signed }: CompleteReport,
  seconds: number,
): string[] {
  if (!changed) return [`${title} is published already at ${store}; nothing to do.`];
  const uploaded = targets.filter(({ status }) => status === 'uploaded').length;
  return [
    `${chalk.green('Published')} ${chalk.bold(title)}${channel === undefined ? '' : ` on ${chalk.bold(channel)}`} to ${store}`,
    `  ${uploaded} files uploaded, in ${seconds.toFixed(1)} s`,
    `  roles: ${roles.map(({ role, version }) => `${role} ${version}`).join(', ')}`,
    `  signed by ${signed.map((keyid) => keyid.slice(0, 16)).join(', ')}`,
  ];
}
