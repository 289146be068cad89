import chalk from 'chalk';
import { formatSize } from '../../core/sizes.ts';
import { formatTime } from '../../core/time.ts';
import type { DeltaOutcome } from '../../publish/deltas.ts';
import type { UploadStatus } from '../../publish/objects.ts';
import type { PublishReport } from '../../publish/publish.ts';
import { table } from './table.ts';
import { triedLines } from './tried.ts';

const REASONS: Readonly<Record<DeltaOutcome['result'], string>> = {
  shipped: '',
  'not-smaller': 'left out: not smaller than the payload',
  'needs-memory': 'left out: needs more memory than the device has',
  killed: 'left out: what made it was killed; the full payload ships alone',
};

/** A publication for a person. */
export function publishLines(report: PublishReport, seconds: number): string[] {
  const title = `${report.product} ${report.version}`;
  if (!report.changed)
    return [
      `${title} is published already on ${report.channel} at ${report.store}; nothing to do.`,
      expiryLine(report.expiresFirst),
    ];
  const count = (of: UploadStatus) => report.targets.filter(({ status }) => status === of).length;
  return [
    ...deltaLines(report.deltas),
    `${chalk.green('Published')} ${chalk.bold(title)} on ${chalk.bold(report.channel)} to ${report.store}`,
    `  ${count('uploaded')} files uploaded, ${formatSize(report.uploadedBytes)}` +
      `${count('copied') === 0 ? '' : `, ${count('copied')} copied within the store, ${formatSize(report.copiedBytes)}`}` +
      `${count('present') === 0 ? '' : `, ${count('present')} were there already`}, in ${seconds.toFixed(1)} s`,
    ...(report.channelFrom === undefined || report.channelFrom === report.version
      ? []
      : [`  ${report.channel}: ${report.channelFrom} → ${report.version}`]),
    ...archivedLines(report.archived),
    ...overtakenLines(report.overtaken),
    `  roles: ${report.roles.map(({ role, version }) => `${role} ${version}`).join(', ')}`,
    expiryLine(report.expiresFirst),
  ];
}

const overtakenLines = (overtaken: number): string[] =>
  overtaken === 0
    ? []
    : [
        `  on top of what others published meanwhile (overtaken ${overtaken === 1 ? 'once' : `${overtaken} times`})`,
      ];

/** What became of each delta, as a table. */
export function deltaLines(deltas: readonly DeltaOutcome[]): string[] {
  if (deltas.length === 0) return [];
  // The format is of interest only where there is another than our own.
  const others = deltas.some(({ format }) => format !== undefined && format !== 'otad');
  const rows = deltas.map(({ component, fromRelease, format, length, payloadLength, result }) => [
    `  ${component}`,
    fromRelease,
    ...(others ? [format ?? '-'] : []),
    length === undefined ? '-' : formatSize(length),
    formatSize(payloadLength),
    length === undefined ? '' : `${((100 * length) / payloadLength).toFixed(1)}%`,
    REASONS[result],
  ]);
  return [
    ...deltas.flatMap(explainLines),
    ...table(
      [
        { title: '  delta' },
        { title: 'from' },
        ...(others ? [{ title: 'format' }] : []),
        { title: 'size', align: 'right' },
        { title: 'in full', align: 'right' },
        { title: '', align: 'right' },
        { title: '' },
      ],
      rows,
    ),
  ];
}

/** All that was tried for one delta, where that is told. */
function explainLines(outcome: DeltaOutcome): readonly string[] {
  const { component, fromRelease, tried, result, format, imageLength, payloadLength, memoryLimit } = outcome;
  if (!tried) return [];
  const full = [{ name: 'in full', length: imageLength }];
  if (payloadLength !== imageLength) full.push({ name: 'the payload', length: payloadLength });
  const taken = result === 'shipped' ? format : undefined;
  return [`${component} from ${fromRelease}`, ...triedLines(tried, full, { taken, memory: memoryLimit })];
}

/** Releases that are no longer live, if there are any. */
export const archivedLines = (versions: readonly string[]): string[] =>
  versions.length === 0 ? [] : [`  archived: ${versions.join(', ')} (see ota archive list)`];

/** Snapshot and timestamp are renewed by a nightly job, the rest by those who hold their keys. */
function expiryLine({ role, expires }: PublishReport['expiresFirst']): string {
  const online = role === 'snapshot' || role === 'timestamp';
  return online
    ? `  run ota refresh before ${formatTime(expires)}, when ${role} expires`
    : `  have ${role} signed anew before ${formatTime(expires)}, when it expires`;
}
