import chalk from 'chalk';
import { formatSize } from '../../core/sizes.ts';
import type { UnpackedParts } from '../../delta/contain/describe.ts';
import type { MadeDelta } from '../../delta/files.ts';
import type { Full } from './tried.ts';

export interface DeltaReport extends MadeDelta {
  /** What devices download without a delta; only where that was asked for. */
  readonly full?: readonly Full[];
}

/** A new delta for a person. */
export function deltaLines(report: DeltaReport, seconds: number): string[] {
  const { path, old, new: image, delta, memory, coder, cached, unpacked } = report;
  const part =
    image.length === 0 ? '' : `, ${((100 * delta.length) / image.length).toFixed(1)}% of the new image`;
  return [
    `${chalk.green(cached ? 'Found' : 'Made')} ${path}: ${chalk.bold(formatSize(delta.length))}${part}, in ${seconds.toFixed(1)} s`,
    `  from ${formatSize(old.length)} to ${formatSize(image.length)}, ${coder === 'nothing' ? 'not coded' : `coded with ${coder}`}; applying it takes ` +
      `${formatSize(memory)} of memory`,
    ...(unpacked === undefined ? [] : [`  ${unpackedLine(unpacked)}`]),
  ];
}

/** `unpacks 249 parts (30 MiB) of the old image and packs 249 parts (30 MiB) of the new one, by zlib-1.2`. */
export function unpackedLine({ codecs, old, new: fresh }: UnpackedParts): string {
  const parts = ({ streams, bytes }: UnpackedParts['old']) =>
    `${streams} ${streams === 1 ? 'part' : 'parts'} (${formatSize(bytes)})`;
  return `unpacks ${parts(old)} of the old image and packs ${parts(fresh)} of the new one, by ${codecs.join(', ')}`;
}
