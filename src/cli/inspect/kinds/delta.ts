import chalk from 'chalk';
import { formatSize } from '../../../core/sizes.ts';
import { type UnpackedParts, unpackedParts } from '../../../delta/contain/describe.ts';
import { type DeltaHeader, readDeltaHeader } from '../../../delta/format.ts';
import { unpackedLine } from '../../views/delta.ts';
import { plainKind } from '../kind.ts';
import { fileOf } from '../subject.ts';

interface Delta {
  readonly length: number;
  readonly header: DeltaHeader;
  /** What of the images is unpacked; absent where nothing is. */
  readonly unpacked?: UnpackedParts;
}

export const deltaKind = plainKind<Delta>({
  kind: 'delta',
  recognises: (subject) => !subject.folder && subject.start.startsWith('otadelta'),
  read: async (subject) => {
    const { file } = fileOf(subject);
    const header = await readDeltaHeader(file);
    const unpacked = await unpackedParts(file, header);
    return { length: file.length, header, ...(unpacked === undefined ? {} : { unpacked }) };
  },
  lines: ({ length, header, unpacked }) => [
    `${chalk.bold('A delta')} of ${formatSize(length)}, coded with ${header.coder}`,
    `  from  ${header.old.sha256}  ${formatSize(header.old.length)}`,
    `  to    ${header.new.sha256}  ${formatSize(header.new.length)}`,
    `  applying it takes ${formatSize(header.memory)} of memory`,
    ...(unpacked === undefined ? [] : [`  ${unpackedLine(unpacked)}`]),
    chalk.dim('  (a delta carries no signature; the role of the product signs for it)'),
  ],
});
