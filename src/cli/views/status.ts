import chalk from 'chalk';
import { parseTime, type Seconds } from '../../core/time.ts';
import { mediaProfileText } from '../../repository/media-profile.ts';
import type { StatusReport, StatusTask } from '../status.ts';
import { recallText } from './channel.ts';
import { table } from './table.ts';
import { expiryText } from './time.ts';

const short = (keyid: string): string => keyid.slice(0, 16);

/** Who holds what, until when, and what to do next. */
export function statusLines(report: StatusReport): string[] {
  const now = parseTime(report.at);
  return [
    report.store === undefined
      ? `By the trust folder ${report.trust} alone, at ${report.at}`
      : `${report.store}, by the trust folder ${report.trust}, at ${report.at}`,
    '',
    ...table(
      [
        { title: 'role' },
        { title: 'version', align: 'right' },
        { title: 'needs', align: 'right' },
        { title: 'expires' },
      ],
      report.roles.map(({ role, version, threshold, keyids, expires }) => [
        role,
        version === undefined ? '-' : String(version),
        `${threshold} of ${keyids.length}`,
        expires === undefined
          ? report.store === undefined
            ? '-'
            : 'not published'
          : expiryText(role, parseTime(expires), now),
      ]),
    ),
    ...report.keys.flatMap(({ keyid, fingerprint, words, roles }) => [
      '',
      `${chalk.bold(short(keyid))} signs ${roles.join(', ')}`,
      `  fingerprint  ${fingerprint}`,
      `  in words     ${words}`,
    ]),
    ...(report.recalls ?? []).flatMap(({ product, recalls }) => [
      '',
      product,
      ...recalls.map((recall) => `  ${recallText(recall)}`),
    ]),
    ...(report.media ?? []).flatMap(({ product, profile }) => [
      '',
      `${product}: ${mediaProfileText(profile)}`,
    ]),
    ...(report.next ? ['', `Next: ${taskLine(report.next, now)}`] : []),
    ...(report.due ?? []).map((task) => `${chalk.red('Due:')} ${taskLine(task, now)}`),
  ];
}

const taskLine = ({ role, expires, threshold, keyids, commands }: StatusTask, now: Seconds): string =>
  `${chalk.bold(role)} expires ${expiryText(role, parseTime(expires), now)}\n` +
  `  signed by ${threshold} of ${keyids.map(short).join(', ')}\n` +
  `  begin with ${commands.join(', then ')}`;
