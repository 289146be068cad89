import { OtaError } from '../core/errors.ts';
import { fileError } from '../files/errors.ts';

/**
 * A failed file operation at `path` as a failure of the store; a failure of something else (the source of a body) and a bug of
 * ours stay what they were.
 */
export function directoryError(error: unknown, path: string): unknown {
  if (error instanceof OtaError && (error.where !== path || error.code === 'disk-full')) return error;
  const cause = (error instanceof OtaError ? error.cause : error) as NodeJS.ErrnoException | undefined;
  if (cause?.syscall === 'link' && NO_LINKS.has(cause.code)) {
    return new OtaError('store-unsafe', `the file system of ${path} cannot make hard links`, {
      where: path,
      hint: 'Without them it cannot refuse a second write. Use a folder on another file system.',
      cause,
    });
  }
  switch (cause?.code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return fileError(cause, path, 'write');
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new OtaError('store-refused', `${path} may not be used: ${cause.message}`, {
        where: path,
        hint: 'Check the permissions of the folder that holds the store.',
        cause,
      });
    default:
      if (cause?.syscall === undefined) return error;
      return new OtaError('store-failed', `${path}: ${cause.message}`, { where: path, cause });
  }
}

const NO_LINKS: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
]);

/** Runs file operations of a store at `path`. @throws OtaError `store-failed`, `store-refused`, `store-unsafe`, `disk-full` */
export async function atPath<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw directoryError(error, path);
  }
}
