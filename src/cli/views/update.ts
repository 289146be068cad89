import chalk from 'chalk';
import { formatSize } from '../../core/sizes.ts';
import type { UpdateReport } from '../../device/update.ts';
import { heldText } from './channel.ts';
import { table } from './table.ts';

const HOW = { keep: 'unchanged', delta: 'delta', full: 'full payload' } as const;

/** An update of a device for a person. */
export function updateLines(report: UpdateReport, seconds: number): string[] {
  const title = `${report.product} ${report.to}`;
  if (report.held && !report.changed) return [`The device stays at ${title}: ${heldText(report.held)}.`];
  if (!report.changed) return [`The device is at ${title}, the newest on ${report.channel}; nothing to do.`];
  const rows = report.components.map(({ component, action, fellBack, from, to, bytes, imageBytes }) => [
    `  ${component}`,
    from === undefined || from === to ? to : `${from} → ${to}`,
    HOW[action] + (fellBack === undefined ? '' : ` (its delta failed: ${fellBack})`),
    action === 'keep' ? '' : formatSize(bytes),
    formatSize(imageBytes),
  ]);
  const by = report.passed ? ` by way of ${report.passed.join(', ')}` : '';
  const done =
    report.from === report.to
      ? chalk.green('Repaired')
      : `${chalk.green('Updated')} from ${report.from ?? 'nothing'}${by} to`;
  return [
    ...table(
      [
        { title: '  component' },
        { title: 'version' },
        { title: 'how' },
        { title: 'downloaded', align: 'right' },
        { title: 'image', align: 'right' },
      ],
      rows,
    ),
    `${done} ${chalk.bold(title)}: ` +
      `${formatSize(report.downloadedBytes)} downloaded in ${seconds.toFixed(1)} s`,
  ];
}
