import { OtaError } from '../core/errors.ts';
import { formatSize } from '../core/sizes.ts';
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
    `${what} has room for ${formatSize(free)}, and ${formatSize(bytes)} are to be written`,
    {
      where: what,
      hint: 'Take a larger stick, make room on it, or put less on it: --from, --hardware, --limit shows what takes how much.',
    },
  );
}
