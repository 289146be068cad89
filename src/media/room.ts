import { dirname } from 'node:path';
import { OtaError } from '../core/errors.ts';
import { formatSize } from '../core/sizes.ts';
import { isPlainFile } from '../files/read.ts';
import { freeBytes } from '../files/space.ts';

/**
 * Whether so many bytes can be written to where a folder is, before the first of them is.
 *
 * @throws OtaError `disk-full`, about `what`
 */
export async function requireRoom(folder: string, bytes: number, what: string): Promise<void> {
  const free = await freeBytes(folder);
  if (free === undefined || bytes <= free) return;
  throw new OtaError(
    'disk-full',
    `there is room for ${formatSize(free)} at ${what}, and ${formatSize(bytes)} are to be written`,
    {
      where: what,
      hint: 'Take a larger stick, make room on it, or put less on it: --from, --hardware, --limit shows what takes how much.',
    },
  );
}

export const otherMedium = (where: string): OtaError =>
  new OtaError('output-exists', `there is another medium at ${where}`, {
    where,
    hint: 'Replace it with --replace, or name another place.',
  });

/**
 * Whether an image or archive can be written to a path, before the first byte of it is.
 *
 * @throws OtaError `output-exists`; `disk-full` as `requireRoom`
 */
export async function requirePlace(path: string, bytes: number, replace: boolean): Promise<void> {
  if (!replace && (await isPlainFile(path))) {
    throw new OtaError('output-exists', `${path} exists already`, {
      where: path,
      hint: 'Replace it with --replace, or name another file.',
    });
  }
  await requireRoom(dirname(path), bytes, path);
}
