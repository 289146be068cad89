import chalk from 'chalk';
import { formatTime } from '../../core/time.ts';
import type { MediaProfileReport } from '../../publish/media-profile.ts';
import { mediaProfileText } from '../../repository/media-profile.ts';

/** What became of a product's media profile, for a person. */
export function mediaProfileLines(report: MediaProfileReport): string[] {
  const { product, before, profile, changed, roles, expiresFirst } = report;
  if (!changed) return [`${product} says so already: ${mediaProfileText(profile)}; nothing to do.`];
  return [
    `${chalk.bold(product)}: ${mediaProfileText(profile)}`,
    `  before: ${mediaProfileText(before)}`,
    `  roles: ${roles.map(({ role, version }) => `${role} ${version}`).join(', ')}`,
    `  ${expiresFirst.role} expires first, at ${formatTime(expiresFirst.expires)}`,
    '  media that are made from now on carry it; those that were made before stay as they are',
  ];
}
