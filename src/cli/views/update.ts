import chalk from 'chalk';
import { formatSize } from '../../core/sizes.ts';
import type { RebootRequired, UpdateReport } from '../../device/report.ts';
import { heldText } from './channel.ts';
import { table } from './table.ts';

const HOW = { keep: 'unchanged', delta: 'delta', full: 'full payload' } as const;

/** An update of a device for a person. @param seconds how long it took */
export const updateLines = (report: UpdateReport, seconds: number): string[] => [
  ...outcomeLines(report, seconds),
  ...(report.medium?.advice ?? []).map(
    ({ where, message }) => `  ${chalk.yellow('note:')} ${where}: ${message}`,
  ),
];

function outcomeLines(report: UpdateReport, seconds: number): string[] {
  const title = `${report.product} ${report.to}`;
  if (report.held && !report.changed) return [`The device stays at ${title}: ${heldText(report.held)}.`];
  if (!report.changed && report.rebootRequired) return [restartLine(report.rebootRequired)];
  if (!report.changed)
    return [
      `The device is at ${title}, the newest on ${report.medium ? 'the medium' : report.channel}; nothing to do.`,
    ];
  const came = report.medium ? 'read' : 'downloaded';
  const left = new Set(report.rebootRequired?.left);
  const rows = report.components.map(({ component, action, fellBack, from, to, bytes, imageBytes }) => [
    `  ${component}`,
    from === undefined || from === to ? to : `${from} → ${to}`,
    HOW[action] +
      (fellBack === undefined ? '' : ` (its delta failed: ${fellBack})`) +
      (left.has(component) ? ', after the restart' : ''),
    action === 'keep' ? '' : formatSize(bytes),
    formatSize(imageBytes),
  ]);
  const by = report.passed ? ` by way of ${report.passed.join(', ')}` : '';
  const restarts = report.reboots
    ? `, restarted ${report.reboots === 1 ? 'once' : `${report.reboots} times`}`
    : '';
  const done =
    left.size > 0
      ? `${chalk.yellow('On the way')} from ${report.from ?? 'nothing'}${by} to`
      : report.from === report.to
        ? chalk.green('Repaired')
        : `${chalk.green('Updated')} from ${report.from ?? 'nothing'}${by} to`;
  return [
    ...table(
      [
        { title: '  component' },
        { title: 'version' },
        { title: 'how' },
        { title: came, align: 'right' },
        { title: 'image', align: 'right' },
      ],
      rows,
    ),
    `${done} ${chalk.bold(title)}: ` +
      `${formatSize(report.downloadedBytes)} ${came} in ${seconds.toFixed(1)} s${restarts}`,
    ...(report.unreached === undefined
      ? []
      : [
          `  ${chalk.yellow('The store could not be read')} (${report.unreached}): what had begun was gone on with from what the device has`,
        ]),
    ...(report.rebootRequired ? [restartLine(report.rebootRequired)] : []),
  ];
}

/** A run of the command is one start of the device. */
const restartLine = ({ after, left }: RebootRequired): string =>
  `${chalk.yellow('Restart the device')} for ${after.join(' and ')}` +
  (left.length === 0
    ? '.'
    : `, then run the same command again: ${left.join(', ')} ${left.length === 1 ? 'comes' : 'come'} after it.`);
