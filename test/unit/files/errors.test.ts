import { describe, expect, it } from 'vitest';
import { OtaError } from '../../../src/core/errors.ts';
import { fileError } from '../../../src/files/errors.ts';

const system = (code: string) => Object.assign(new Error(`${code}: as the system says`), { code });

describe('fileError', () => {
  it.each([
    ['ENOENT', 'input-missing', 'output-failed'],
    ['EISDIR', 'input-directory', 'input-directory'],
    ['EACCES', 'input-unreadable', 'output-failed'],
    ['EPERM', 'input-unreadable', 'output-failed'],
    ['ENOSPC', 'disk-full', 'disk-full'],
    ['EDQUOT', 'disk-full', 'disk-full'],
    ['EFBIG', 'disk-full', 'disk-full'],
    ['EEXIST', 'output-exists', 'output-exists'],
    ['ENOTDIR', 'input-unreadable', 'output-failed'],
    ['EROFS', 'input-unreadable', 'output-failed'],
    ['EIO', 'input-unreadable', 'output-failed'],
    ['EMFILE', 'input-unreadable', 'output-failed'],
    ['ELOOP', 'input-unreadable', 'output-failed'],
    ['ENAMETOOLONG', 'input-unreadable', 'output-failed'],
  ])('%s is %s when reading and %s when writing', (code, reading, writing) => {
    const cause = system(code);
    for (const [doing, expected] of [
      ['read', reading],
      ['write', writing],
    ] as const) {
      const error = fileError(cause, '/a/file', doing);
      expect(error).toBeInstanceOf(OtaError);
      expect(error).toMatchObject({ code: expected, where: '/a/file', cause, exitCode: 3 });
      expect((error as OtaError).message).toContain('/a/file');
    }
  });

  it.each([
    [new OtaError('cancelled', 'x')],
    [new TypeError('x')],
    [system('EWHATEVER')],
    ['text'],
    [undefined],
  ])('leaves %s what it is', (cause) => {
    expect(fileError(cause, '/a/file', 'write')).toBe(cause);
  });
});
