import { OtaError } from './errors.ts';

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
};
const SIZE = /^(\d{1,15})(?: ?(B|KiB|MiB|GiB|kB|MB|GB))?$/;

/** `64 KiB`, `1 MiB`, `4096` as bytes. @throws OtaError `size-invalid` */
export function parseSize(text: string, where?: string): number {
  const match = SIZE.exec(text);
  const bytes = match ? Number(match[1]) * (UNITS[match[2] ?? 'B'] ?? Number.NaN) : Number.NaN;
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new OtaError('size-invalid', `${JSON.stringify(text)} is not a size`, {
    ...(where === undefined ? {} : { where }),
    hint: 'Write a whole number of B, KiB, MiB, GiB, kB, MB or GB, such as 64 KiB.',
  });
}

/** Bytes for a person: `0 B`, `1.2 KiB`, `33.1 MiB`. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 'B';
  for (const next of ['KiB', 'MiB', 'GiB', 'TiB']) {
    // What is shown as 1024.0 of one unit is 1.0 of the next.
    if (Number(value.toFixed(1)) < 1024) break;
    value /= 1024;
    unit = next;
  }
  return unit === 'B' ? `${bytes} B` : `${value.toFixed(1)} ${unit}`;
}
