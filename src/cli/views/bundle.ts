import chalk from 'chalk';
import type { CreatedBundle } from '../../bundle/create.ts';
import type { Manifest } from '../../bundle/manifest.ts';
import { formatSize } from '../../core/sizes.ts';
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
export function bundleLines({ path, manifest, release, length, unchanged }: CreatedBundle): string[] {
  return [
    ...componentTable(manifest),
    `${chalk.green(unchanged ? 'Unchanged' : 'Bundled')} ${chalk.bold(`${manifest.product} ${manifest.version}`)} in ` +
      `${path}, ${formatSize(length)}`,
    `  manifest ${release.sha256}`,
    ...(unchanged ? [] : [`  next: ota sign ${path}`]),
  ];
}
