import chalk from 'chalk';
import { formatSize } from '../../../core/sizes.ts';
import { type DeltaHeader, readDeltaHeader } from '../../../delta/format.ts';
import { plainKind } from '../kind.ts';
import { fileOf } from '../subject.ts';

interface Delta {
  readonly length: number;
  readonly header: DeltaHeader;
}

export const deltaKind = plainKind<Delta>({
  kind: 'delta',
  recognises: (subject) => !subject.folder && subject.start.startsWith('otadelta'),
  read: async (subject) => {
    const { file } = fileOf(subject);
    return { length: file.length, header: await readDeltaHeader(file) };
  },
  lines: ({ length, header }) => [
    `${chalk.bold('A delta')} of ${formatSize(length)}, coded with ${header.coder}`,
    `  from  ${header.old.sha256}  ${formatSize(header.old.length)}`,
    `  to    ${header.new.sha256}  ${formatSize(header.new.length)}`,
    `  applying it takes ${formatSize(header.memory)} of memory`,
    chalk.dim('  (a delta carries no signature; the role of the product signs for it)'),
  ],
});
