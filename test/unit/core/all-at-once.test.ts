import { describe, expect, it } from 'vitest';
import { allAtOnce } from '../../../src/core/all-at-once.ts';
import { OtaError } from '../../../src/core/errors.ts';
import { refusal } from '../../support/client.ts';

const fails = (error: Error) => () => {
  throw error;
};
const one = new OtaError('order-unsafe', 'no order works', { where: '1.0.0', hint: 'Use a group.' });
const two = new OtaError('counter-lower', 'a counter is below', {
  faults: [{ where: 'radio', message: 'has 1' }],
});

describe('checks that do not depend on each other', () => {
  it('give what each gives', async () => {
    expect(await allAtOnce('it', [() => 1, async () => 'two'])).toEqual([1, 'two']);
  });

  it('refuse with a single refusal as it is', async () => {
    expect(await refusal(() => allAtOnce('it', [() => 1, fails(two)]))).toBe(two);
  });

  it('refuse with all at once, each with what to do next', async () => {
    const error = await refusal(() => allAtOnce('it', [fails(one), async () => 2, fails(two)]));
    expect(error).toMatchObject({ code: 'order-unsafe', message: 'it is refused for 2 reasons', cause: one });
    expect(error.faults).toEqual([
      { where: '1.0.0', message: 'no order works (order-unsafe). Use a group.' },
      { where: 'it', message: 'a counter is below (counter-lower)' },
      { where: 'radio', message: 'has 1' },
    ]);
  });

  it('do not hide a bug', async () => {
    await expect(allAtOnce('it', [fails(one), fails(new TypeError('a bug'))])).rejects.toThrow('a bug');
  });
});
