import chalk from 'chalk';
import { formatSize } from '../../core/sizes.ts';
import { formatTime } from '../../core/time.ts';
import type { UpdateSum } from '../../simulate/run.ts';
import type { Simulation } from '../../simulate/simulate.ts';
import { table } from './table.ts';

/** Rows of the course at most; the JSON and the page have all. */
const MAX_ROWS = 24;

/** What a fleet that is not there made of a repository, for a person. */
export function simulationLines(simulation: Simulation): string[] {
  const { product, channel, head, devices, moments, updates, refusals, downloadBytes } = simulation;
  const labels = labelsOf(simulation);
  const every = Math.ceil(moments.length / MAX_ROWS);
  const shown = moments.filter((_, index) => index % every === 0 || index === moments.length - 1);
  const right = (title: string) => ({ title, align: 'right' as const });
  const have = moments.at(-1)?.releases[head] ?? 0;
  return [
    ...table(
      [{ title: '  at' }, ...labels.map(right), right('updated'), right('download'), right('refused')],
      shown.map(({ at, releases, updated, bytes, refused }) => [
        `  ${formatTime(at)}`,
        ...labels.map((label) => percent(releases[label] ?? 0, devices)),
        String(updated),
        bytes === 0 ? '' : formatSize(bytes),
        refusedText(refused),
      ]),
    ),
    ...(updates.length === 0 ? [] : ['']),
    ...(updates.length === 0
      ? []
      : table(
          [
            { title: '  from' },
            { title: 'to' },
            { title: 'hardware' },
            right('devices'),
            right('each'),
            right('restarts'),
          ],
          updates.map((sum) => [
            `  ${sum.from ?? 'none'}`,
            sum.to,
            sum.hardware,
            String(sum.devices),
            formatSize(Math.round(sum.bytes / sum.devices)),
            restartsText(sum),
          ]),
        )),
    ...refusals.map((sum) => `  ${chalk.yellow(`${sum.devices} refuse`)} (${sum.code}): ${sum.message}`),
    `${chalk.bold(`${have} of ${devices}`)} devices have ${product} ${head} on ${channel} in the end; ${formatSize(downloadBytes)} downloaded`,
  ];
}

/** The releases that devices have at some time; new devices first, then as they are published. */
export const labelsOf = ({ moments }: Simulation): readonly string[] =>
  [...new Set(moments.flatMap(({ releases }) => Object.keys(releases)))].toSorted((a, b) =>
    a === 'none' ? -1 : b === 'none' ? 1 : a.localeCompare(b, 'en', { numeric: true }),
  );

/** How often each device restarts. */
export const restartsText = ({ reboots, devices }: UpdateSum): string =>
  reboots === 0 ? '' : String(Number((reboots / devices).toFixed(1)));

const percent = (count: number, of: number): string =>
  count === 0 ? '' : `${((100 * count) / of).toFixed(1)}%`;

const refusedText = (refused: Readonly<Record<string, number>>): string => {
  const count = Object.values(refused).reduce((sum, one) => sum + one, 0);
  return count === 0 ? '' : String(count);
};
