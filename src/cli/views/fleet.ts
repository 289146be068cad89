import chalk from 'chalk';
import { formatSize } from '../../core/sizes.ts';
import type { FleetPlan, Hop } from '../../publish/fleet.ts';
import { table } from './table.ts';

/** How devices in the field get to a release, for a person. */
export function fleetLines({ product, channel, head, roots, ways }: FleetPlan): string[] {
  const stranded = ways.filter((way) => way.stranded !== undefined);
  const away = ways.filter(({ from, hops }) => (hops.at(-1)?.to ?? from) !== head);
  const restarts = ways.some(({ hops }) => rebootsOf(hops) > 0);
  const walk = roots.from === roots.to ? `root ${roots.to}` : `roots ${roots.from} to ${roots.to}`;
  return [
    ...table(
      [
        { title: '  from' },
        { title: 'hardware' },
        { title: 'updates' },
        { title: 'download', align: 'right' },
        ...(restarts ? [{ title: 'restarts', align: 'right' as const }] : []),
      ],
      ways.map(({ from, hardware, hops, bytes, stranded: why }) => [
        `  ${from}`,
        hardware,
        hops.length > 0
          ? hops.map(({ to }) => to).join(', then ')
          : why === undefined
            ? from === head
              ? 'has it'
              : 'stays'
            : 'none',
        bytes === 0 ? '' : formatSize(bytes),
        ...(restarts ? [String(rebootsOf(hops) || '')] : []),
      ]),
    ),
    ...stranded.map(
      ({ from, hardware, stranded: why }) =>
        `  ${chalk.yellow('left behind')}: ${from} on ${hardware}: ${why}`,
    ),
    away.length === 0
      ? `${chalk.green('All')} devices get to ${chalk.bold(`${product} ${head}`)} on ${channel}; they trust ${walk}`
      : `${chalk.yellow(`${away.length} of ${ways.length}`)} do not get to ${product} ${head} on ${channel}`,
  ];
}

const rebootsOf = (hops: readonly Hop[]): number => hops.reduce((sum, { reboots = 0 }) => sum + reboots, 0);
