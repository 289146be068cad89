import chalk from 'chalk';
import { formatSize } from '../../core/sizes.ts';
import type { MediumProduct, MediumReport } from '../../media/create.ts';
import type { RefreshedMedium } from '../../media/refresh.ts';
import { mediaProfileText } from '../../repository/media-profile.ts';
import { table } from './table.ts';

/** A medium that was made, or would be. */
export function mediumLines(report: MediumReport, seconds: number): string[] {
  const { path, written } = report;
  const size = `${report.files} files, ${formatSize(report.bytes)}`;
  return [
    ...table(
      [{ title: '  what' }, { title: 'files', align: 'right' }, { title: 'size', align: 'right' }],
      report.shares.map(({ what, files, bytes }) => [`  ${what}`, String(files), formatSize(bytes)]),
    ),
    ...report.products.flatMap(productLines),
    written === undefined
      ? `Would write ${size} to ${chalk.bold(path)}; nothing was written`
      : `${chalk.green('Made')} ${chalk.bold(path)}: ${size}, read back and right, in ${seconds.toFixed(1)} s` +
        (written.kept === 0 ? '' : `; ${formatSize(written.kept)} were there already`),
  ];
}

/** A medium whose metadata was renewed. */
export const refreshedLines = (report: RefreshedMedium): string[] => [
  ...report.products.flatMap(productLines),
  report.renewed.length === 0
    ? `${chalk.bold(report.path)} is as the repository is; nothing was written`
    : `${chalk.green('Renewed')} ${chalk.bold(report.path)}: ${report.renewed.length} files; payloads were not touched`,
];

export function productLines(product: MediumProduct): string[] {
  const { releases, hardware, from, full, until, profile, ahead } = product;
  const given = releases.map(({ channel, version }) => `${version} (${channel})`).join(', ');
  const devices =
    from.length === 0
      ? 'from any release or none'
      : `from ${from.join(', ')}${full ? ', or any with the payloads in full' : ''}`;
  return [
    `${chalk.bold(product.product)} ${given} for ${hardware.join(', ')}, ${devices}`,
    ...ahead.map(
      ({ channel, version }) =>
        `  ${chalk.yellow('nothing')} for devices with ${version}: it is newer than what ${channel} gives out`,
    ),
    `  ${mediaProfileText(profile)}: ${until === undefined ? 'no end' : `until ${until}`}`,
  ];
}
