import chalk from 'chalk';
import { formatSize } from '../../core/sizes.ts';
import { formatTime } from '../../core/time.ts';
import type { Kind } from '../../retention/judge.ts';
import type { Amount, PruneReport } from '../../retention/prune.ts';
import { table } from './table.ts';

const WHAT: Readonly<Record<Kind, string>> = {
  metadata: 'earlier versions of roles',
  channels: 'earlier documents of channels',
  archive: 'earlier pages of the archive',
  delta: 'deltas to archived releases',
  retired: 'bundles that are kept no longer',
  staged: 'staged, and never published',
  leftover: 'left over of releases that are there',
};
/** Folders that a person is shown. */
const SHOWN = 40;

/** What was pruned, or would be. */
export function pruneLines(report: PruneReport): string[] {
  const { store, dryRun, deleted, kinds, folders, moreFolders, kept, waiting, foreign, unfinished } = report;
  const rest = folders.length - SHOWN + moreFolders;
  const uploads =
    unfinished === 0
      ? []
      : [`  ${unfinished} uploads that were cut off ${dryRun ? 'would be' : 'were'} aborted`];
  const left = [
    `  kept: ${amountText(kept)}`,
    ...(waiting.objects === 0
      ? []
      : [
          `  too young: ${amountText(waiting)}${waiting.from === undefined ? '' : `, the first until ${formatTime(waiting.from)}`}`,
        ]),
    ...(foreign.objects === 0 ? [] : [`  not of ota, left alone: ${amountText(foreign)}`]),
  ];
  if (deleted.objects === 0) return [`Nothing to prune at ${store}`, ...uploads, ...left];
  return [
    ...table(
      [{ title: '  what' }, { title: 'objects', align: 'right' }, { title: 'size', align: 'right' }],
      kinds.map(({ kind, objects, bytes }) => [`  ${WHAT[kind]}`, String(objects), formatSize(bytes)]),
    ),
    ...(dryRun
      ? folders
          .slice(0, SHOWN)
          .map(({ folder, ...amount }) => chalk.dim(`  ${folder}: ${amountText(amount)}`))
      : []),
    ...(dryRun && rest > 0 ? [chalk.dim(`  and ${rest} more folders`)] : []),
    `${dryRun ? 'Would prune' : chalk.green('Pruned')} ${amountText(deleted)} at ${store}`,
    ...uploads,
    ...left,
  ];
}

const amountText = ({ objects, bytes }: Amount): string => `${objects} objects, ${formatSize(bytes)}`;
