import { OtaError } from '../core/errors.ts';

/** Gives a failed file operation its code; what is not a known operating-system error stays what it was. */
export function fileError(cause: unknown, path: string, doing: 'read' | 'write'): unknown {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const details = { where: path, cause };
  switch (code) {
    case 'ENOENT':
      return doing === 'read'
        ? new OtaError('input-missing', `there is no file ${path}`, {
            ...details,
            hint: 'Check the path, or build the file first.',
          })
        : new OtaError('output-failed', `the folder of ${path} does not exist`, {
            ...details,
            hint: 'Create the folder first.',
          });
    case 'EISDIR':
      return new OtaError('input-directory', `${path} is a directory, a file is needed`, details);
    case 'EACCES':
    case 'EPERM':
      return doing === 'read'
        ? new OtaError('input-unreadable', `${path} may not be read`, {
            ...details,
            hint: 'Check its permissions.',
          })
        : new OtaError('output-failed', `${path} may not be written`, {
            ...details,
            hint: 'Check the permissions of its folder.',
          });
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new OtaError('disk-full', `there is no room to write ${path}`, {
        ...details,
        hint: 'Free some space and run the same command again; nothing partial was left behind.',
      });
    case 'EEXIST':
      return new OtaError('output-exists', `${path} exists already`, {
        ...details,
        hint: 'Choose another path, or remove it first.',
      });
    case 'ENOTDIR':
    case 'EROFS':
    case 'EIO':
    case 'EMFILE':
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return new OtaError(
        doing === 'read' ? 'input-unreadable' : 'output-failed',
        `${path}: ${(cause as Error).message}`,
        details,
      );
    default:
      return cause;
  }
}
