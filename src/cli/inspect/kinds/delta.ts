import chalk from 'chalk';
import { formatSize } from '../../../core/sizes.ts';
import { type UnpackedParts, unpackedParts } from '../../../delta/contain/describe.ts';
import { type DeltaFacts, formatOf, readFacts } from '../../../delta/facts.ts';
import { type DeltaHeader, readDeltaHeader } from '../../../delta/format.ts';
import type { OpenFile } from '../../../files/read.ts';
import { unpackedLine } from '../../views/delta.ts';
import { plainKind } from '../kind.ts';
import { fileOf, type Subject } from '../subject.ts';

interface Delta extends Pick<DeltaFacts, 'format' | 'newLength'> {
  readonly length: number;
  /** Of our own format: it alone names the images. */
  readonly header?: DeltaHeader;
  /** What of the images is unpacked; absent where nothing is. */
  readonly unpacked?: UnpackedParts;
}

const formatOfSubject = (subject: Subject) =>
  subject.folder ? undefined : formatOf(Buffer.from(subject.start, 'latin1'));

export const deltaKind = plainKind<Delta>({
  kind: 'delta',
  recognises: (subject) => formatOfSubject(subject) !== undefined,
  read: async (subject) => {
    const { file } = fileOf(subject);
    const { format, newLength } = await readFacts(formatOfSubject(subject) ?? 'otad', file, 0);
    return { format, length: file.length, newLength, ...(format === 'otad' ? await ownFacts(file) : {}) };
  },
  lines: (delta) => [
    ...lines(delta),
    chalk.dim('  (a delta carries no signature; the role of the product signs for it)'),
  ],
});

async function ownFacts(file: OpenFile): Promise<Pick<Delta, 'header' | 'unpacked'>> {
  const header = await readDeltaHeader(file);
  const unpacked = await unpackedParts(file, header);
  return { header, ...(unpacked === undefined ? {} : { unpacked }) };
}

function lines({ format, length, newLength, header, unpacked }: Delta): readonly string[] {
  if (!header) {
    return [
      `${chalk.bold('A delta')} of ${formatSize(length)} in the format ${format}`,
      `  to an image of ${formatSize(newLength)}; the format does not say from which`,
    ];
  }
  return [
    `${chalk.bold('A delta')} of ${formatSize(length)}, coded with ${header.coder}`,
    `  from  ${header.old.sha256}  ${formatSize(header.old.length)}`,
    `  to    ${header.new.sha256}  ${formatSize(header.new.length)}`,
    `  applying it takes ${formatSize(header.memory)} of memory`,
    ...(unpacked === undefined ? [] : [`  ${unpackedLine(unpacked)}`]),
  ];
}
