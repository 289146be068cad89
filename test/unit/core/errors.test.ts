import { expect, it } from 'vitest';
import { CODES, type Code, EXIT, OtaError } from '../../../src/core/errors.ts';

it('the exit codes are those of the documentation', () => {
  expect(EXIT).toEqual({
    usage: 2,
    input: 3,
    verification: 4,
    unsigned: 5,
    storage: 6,
    due: 7,
    cancelled: 130,
  });
});

it.each(Object.keys(CODES) as Code[])('%s has a category and its exit code', (code) => {
  const error = new OtaError(code, 'what');
  expect(error.exitCode).toBe(EXIT[error.category]);
  expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
});

it('an error keeps what, where, what next and why', () => {
  const cause = new Error('why');
  const faults = [{ where: 'a', message: 'b' }];
  const error = new OtaError('name-invalid', 'what', { where: 'here', hint: 'next', cause, faults });
  expect(error).toMatchObject({
    name: 'OtaError',
    message: 'what',
    where: 'here',
    hint: 'next',
    cause,
    faults,
  });
  expect(error).toBeInstanceOf(Error);
});

it('an error without details has none, not even an undefined cause', () => {
  const error = new OtaError('name-invalid', 'what');
  expect(error).toMatchObject({ where: undefined, hint: undefined, faults: [] });
  expect(Object.hasOwn(error, 'cause')).toBe(false);
});
