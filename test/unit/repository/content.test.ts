import { describe, expect, it } from 'vitest';
import { OtaError } from '../../../src/core/errors.ts';
import { readContent } from '../../../src/repository/content.ts';
import { refusal } from '../../support/client.ts';

describe('the content of a target', () => {
  const failing = (error: unknown) => () => {
    throw error;
  };

  it('is given as it is read', () => {
    expect(readContent('a/b', () => 7)).toBe(7);
  });

  it.each([
    [{ where: 'a/b.field' }, 'a/b.field'],
    [{}, 'a/b'],
  ])('that is not valid is a failed verification, with its place', async (details, where) => {
    const cause = new OtaError('shape-invalid', 'it must be a name', details);
    const error = await refusal(() => readContent('a/b', failing(cause)));
    expect(error).toMatchObject({ code: 'target-invalid', exitCode: 4, where, cause });
    expect(error.message).toBe('a/b is signed, and yet not valid: it must be a name');
  });

  it('that cannot be had, or whose reader is broken, stays what it was', () => {
    for (const error of [new OtaError('store-failed', 'no'), new TypeError('a bug')]) {
      expect(() => readContent('a/b', failing(error))).toThrow(error);
    }
  });
});
