import chalk from 'chalk';
import type { CreatedBundle } from '../../bundle/create.ts';
import type { Finding } from '../../bundle/lint/lint.ts';
import type { Manifest } from '../../bundle/manifest.ts';
import { unitsFor } from '../../bundle/transition/obstacle.ts';
import { formatSize } from '../../core/sizes.ts';
import type { BundleReport } from '../bundle.ts';
import { table } from './table.ts';

/** The components of a manifest, in the order of installing. */
export const componentTable = ({ components }: Manifest): string[] =>
  table(
    [
      { title: '  component' },
      { title: 'domain' },
      { title: 'version' },
      { title: 'counter', align: 'right' },
      { title: 'image', align: 'right' },
      { title: 'payload', align: 'right' },
    ],
    components.map(({ name, domain, version, counter, image, payload }) => [
      `  ${name}`,
      domain,
      version,
      String(counter),
      formatSize(image.length),
      payload.compression === 'none' ? 'as it is' : formatSize(payload.length),
    ]),
  );

/** A new bundle for a person. */
export function bundleLines(report: BundleReport): string[] {
  const { path, manifest, release, length, unchanged } = report;
  return [
    ...componentTable(manifest),
    ...orderLines(report),
    `${chalk.green(unchanged ? 'Unchanged' : 'Bundled')} ${chalk.bold(`${manifest.product} ${manifest.version}`)} in ` +
      `${path}, ${formatSize(length)}`,
    `  manifest ${release.sha256}`,
    ...(unchanged ? [] : [`  next: ota sign ${path}`]),
  ];
}

/** The order of installing, and for which releases it was proved. */
function orderLines({ manifest, from, detours, ...compared }: BundleReport): string[] {
  if (manifest.components.length < 2 && detours.length === 0) return [];
  const direct = from.filter((label) => !detours.some((detour) => detour.from === label));
  const restarting = new Set(manifest.components.filter(({ reboot }) => reboot).map(({ name }) => name));
  const proved =
    from.length > 0
      ? `works in every state from ${direct.join(', ')}`
      : 'store' in compared
        ? 'nothing is published that it has to follow'
        : `not compared with releases that are published: ${compared.storeSkipped}`;
  return [
    `  installed as ${unitsFor(manifest)
      .map(
        ({ names }) => names.join(' and ') + (names.some((name) => restarting.has(name)) ? ' (restart)' : ''),
      )
      .join(', then ')}: ${proved}`,
    ...detours.map((detour) => `  ${detour.from} goes by way of ${detour.by}`),
  ];
}

/** What is odd about images, for a person. */
export const findingLines = ({ findings }: Pick<CreatedBundle, 'findings'>): string[] =>
  findings.map(
    ({ rule, component, message, advice }: Finding) =>
      `${chalk.yellow('Odd:')} ${component}: ${message} (${rule}). ${advice.charAt(0).toUpperCase()}${advice.slice(1)}.`,
  );
