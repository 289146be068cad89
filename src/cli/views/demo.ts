import { join } from 'node:path';
import chalk from 'chalk';
import { formatSize } from '../../core/sizes.ts';
import type { DemoComponent } from '../demo/images.ts';
import type { DemoEvent, DemoReport } from '../demo/run.ts';
import { keyLines } from './key.ts';
import { publishLines } from './publish.ts';
import { table } from './table.ts';
import { updateLines } from './update.ts';

/** What the demo is about to do, and what its images really are. */
export function demoIntro(components: readonly DemoComponent[], folder: string): string[] {
  const rows = components.map(({ name, domain, origin }) => [`  ${name}`, domain, origin]);
  return [
    chalk.bold('ota demo: one product of several domains, from build outputs to an updated device'),
    `Everything is made in ${folder}, with the keys of the demo, which are refused elsewhere.`,
    '',
    ...table([{ title: '  component' }, { title: 'domain' }, { title: 'image' }], rows),
  ];
}

/** One step that has ended. */
export function demoStepLines(event: DemoEvent): string[] {
  const took = chalk.dim(`${event.seconds.toFixed(1)} s`);
  switch (event.step) {
    case 'keys':
      return heading('Keys', 'ota init', took, [
        ...event.keys.flatMap((key) => [`  ${key.name}`, ...keyLines(key).map((line) => `  ${line}`)]),
      ]);
    case 'bundle': {
      const { components } = event.bundle.manifest;
      const rows = components.map(({ name, version, image, payload }) => [
        `  ${name}`,
        version,
        formatSize(image.length),
        formatSize(payload.length),
      ]);
      const columns = [
        { title: '  component' },
        { title: 'version' },
        { title: 'image', align: 'right' },
        { title: 'payload', align: 'right' },
      ] as const;
      return heading(`Bundle ${event.version}`, 'ota bundle', took, table(columns, rows));
    }
    case 'sign':
      return heading(`Sign ${event.version}`, 'ota sign', took, [`  by ${event.keyid.slice(0, 16)}`]);
    case 'publish':
      return heading(
        `Publish ${event.report.version}`,
        'ota publish',
        took,
        publishLines(event.report, event.seconds).map(indent),
      );
    case 'device':
      return heading(
        event.report.from === undefined ? 'A new device' : `The device at ${event.report.from}`,
        'ota device update',
        took,
        updateLines(event.report, event.seconds).map(indent),
      );
  }
}

/** What it came to, and where to look. */
export function demoEnd({ folder, update }: DemoReport): string[] {
  const rows = [
    [join(folder, '1.1.0', 'ota.yaml'), 'the release file'],
    [join(folder, 'repository'), 'what devices fetch: metadata/ and targets/'],
    [join(folder, 'device'), 'what the device trusts, and its slots'],
  ] as const;
  const width = Math.max(...rows.map(([path]) => path.length));
  const times = update.downloaded === 0 ? '' : `, ${(update.full / update.downloaded).toFixed(1)} times less`;
  return [
    '',
    `${chalk.green('Done.')} The update took ${chalk.bold(formatSize(update.downloaded))} over the network; in full it would be ` +
      `${formatSize(update.full)}${times}.`,
    '',
    'Where to look:',
    ...rows.map(([path, what]) => `  ${path.padEnd(width)}  ${what}`),
    `  ota inspect ${join(folder, 'gateway-1.1.0.ota')}`,
    `  ota verify ${join(folder, 'gateway-1.1.0.ota')} --trust ${join(folder, 'trust')}`,
  ];
}

const heading = (title: string, command: string, took: string, lines: readonly string[]): string[] => [
  '',
  `${chalk.bold(title)}  ${chalk.dim(`(${command})`)}  ${took}`,
  ...lines,
];

const indent = (line: string): string => (line.startsWith('  ') ? line : `  ${line}`);
