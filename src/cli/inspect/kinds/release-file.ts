import { join } from 'node:path';
import chalk from 'chalk';
import type { ReleaseFile } from '../../../bundle/release-file/model.ts';
import { readReleaseFile } from '../../../bundle/release-file/read.ts';
import { printable } from '../../../core/printable.ts';
import { readSmallFile } from '../../../files/read.ts';
import { table } from '../../views/table.ts';
import { plainKind } from '../kind.ts';

interface FoundReleaseFile {
  readonly releaseFile: ReleaseFile;
}

const NAME = 'ota.yaml';

/** `ota.yaml`, or the folder of a project that holds one. */
export const releaseFileKind = plainKind<FoundReleaseFile>({
  kind: 'release-file',
  recognises: (subject) => (subject.folder ? subject.names.includes(NAME) : /\.ya?ml$/.test(subject.name)),
  read: async (subject) => {
    const path = subject.folder ? join(subject.path, NAME) : subject.path;
    return { releaseFile: readReleaseFile(await readSmallFile(path), path) };
  },
  lines: ({ releaseFile }) => {
    const { product, version, hardware, components, keys, store, channel, trust, deltas, extras } =
      releaseFile;
    return [
      `${chalk.bold(`${product} ${version}`)}, a release file for ${hardware.join(', ')}`,
      ...table(
        [
          { title: '  component' },
          { title: 'domain' },
          { title: 'version' },
          { title: 'counter', align: 'right' },
          { title: 'file' },
        ],
        components.map((component) => [
          `  ${component.name}`,
          component.domain,
          component.version,
          String(component.counter),
          printable(component.file),
        ]),
      ),
      ...extras.map((extra) => `  extra ${printable(extra)}`),
      `  channel ${channel}, deltas from the last ${deltas.from}`,
      `  store ${store === undefined ? 'not given' : printable(store)}`,
      `  trust ${printable(trust)}`,
      `  keys ${keys.length === 0 ? 'not given' : keys.map(printable).join(', ')}`,
    ];
  },
});
