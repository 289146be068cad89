import { formatSize } from '../../core/sizes.ts';
import type { Tried } from '../../delta/choose/choose.ts';
import { table } from './table.ts';

/** What a delta is compared with. */
export interface Full {
  readonly name: string;
  readonly length: number;
}

const RESULTS: Readonly<Record<Tried['result'], string>> = {
  made: 'larger than another',
  'not-smaller': 'not smaller than the payload',
  'needs-memory': 'needs more memory than the device has',
  killed: 'what made it was killed',
};

/**
 * All that was tried to bring an image to a device, with what it costs and which one is taken.
 *
 * @param taken the format of the delta that is taken; without it, the last of the full images is
 * @param memory bytes that the device can spend
 */
export function triedLines(
  tried: readonly Tried[],
  full: readonly Full[],
  { taken, memory }: { readonly taken: string | undefined; readonly memory: number | undefined },
): string[] {
  const limit = memory === undefined ? '' : `within ${formatSize(memory)}`;
  const rows = tried.map(({ format, result, length, memory: takes, coder, cached, cpuSeconds }) => [
    `  ${format}`,
    [coder === undefined ? '' : coder, limit].filter((text) => text !== '').join(', '),
    length === undefined ? '-' : String(length),
    takes === undefined ? '-' : formatSize(takes),
    `${cpuSeconds.toFixed(2)} s${cached ? ' (kept)' : ''}`,
    result !== 'made' ? RESULTS[result] : format === taken ? 'taken: the smallest' : RESULTS.made,
  ]);
  const others = full.map(({ name, length }, index) => {
    const isTaken = taken === undefined && index === full.length - 1;
    return [`  ${name}`, '', String(length), '-', '-', isTaken ? 'taken: no delta is smaller' : ''];
  });
  return table(
    [
      { title: '  tried' },
      { title: 'options' },
      { title: 'bytes', align: 'right' },
      { title: 'memory', align: 'right' },
      { title: 'CPU', align: 'right' },
      { title: '' },
    ],
    [...rows, ...others],
  );
}
