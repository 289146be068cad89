import chalk from 'chalk';
import { formatSize } from '../../core/sizes.ts';
import type { FullReason } from '../../device/plan.ts';
import type { Preview, PreviewStep } from '../../device/preview.ts';
import { heldText } from './channel.ts';
import { table } from './table.ts';

const REASONS: Readonly<Record<FullReason, string>> = {
  'nothing-installed': 'nothing is installed',
  'slot-damaged': 'its slot is damaged',
  'other-slot': 'it moves to another slot',
  'no-delta': 'no delta from its image',
  'other-images': 'the delta of its name is for other images',
  'too-much-memory': 'the delta needs too much memory',
};

const how = ({ action, reason }: PreviewStep): string => {
  if (action === 'keep') return 'unchanged';
  return action === 'delta' ? 'delta' : `full payload${reason === undefined ? '' : `: ${REASONS[reason]}`}`;
};

const restartText = ({ reboots }: Preview): string =>
  reboots === undefined ? '' : `, restarting ${reboots === 1 ? 'once' : `${reboots} times`}`;

/** What a device would do, for a person. */
export function previewLines(preview: Preview): string[] {
  const { product, hardware, channel, from, to, changed, components, downloadBytes } = preview;
  const device = `A ${hardware} ${from === undefined ? 'with nothing installed' : `at ${product} ${from}`}`;
  if (preview.held) return [`${device} on ${channel} would stay there: ${heldText(preview.held)}.`];
  if (!changed) return [`${device} has the newest on ${channel}; it would do nothing.`];
  return [
    ...table(
      [
        { title: '  component' },
        { title: 'version' },
        { title: 'download', align: 'right' },
        { title: 'image', align: 'right' },
        { title: 'how' },
      ],
      components.map((step) => [
        `  ${step.component}`,
        step.from === undefined || step.from === step.to ? step.to : `${step.from} → ${step.to}`,
        step.action === 'keep' ? '' : formatSize(step.bytes),
        formatSize(step.imageBytes),
        how(step),
      ]),
    ),
    `${device} on ${channel} ${chalk.green('accepts')} ${chalk.bold(`${product} ${to}`)} and would download ` +
      `${formatSize(downloadBytes)}${restartText(preview)}`,
    chalk.dim('  (nothing was downloaded or installed)'),
  ];
}
