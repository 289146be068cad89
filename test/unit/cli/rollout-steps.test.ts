import { expect, it } from 'vitest';
import { parseSteps } from '../../../src/cli/rollout-steps.ts';
import { thrown } from '../keys/thrown.ts';

it('reads percentages, each with how long after now it begins', () => {
  expect(parseSteps('1%, 10%@90m,50%@2h,100%@7d', 1000)).toEqual([
    { percent: 1, at: 1000 },
    { percent: 10, at: 1000 + 90 * 60 },
    { percent: 50, at: 1000 + 2 * 3600 },
    { percent: 100, at: 1000 + 7 * 86_400 },
  ]);
  expect(parseSteps('100%', 5)).toEqual([{ percent: 100, at: 5 }]);
});

it.each([
  '',
  '10',
  '10%@',
  '10%@1',
  '10%@1w',
  '-1%',
  '0%',
  '101%',
  '1.5%',
  '10%,5%@1d',
  '10%,20%',
  '10%@2d,20%@1d',
])('refuses %j', (text) => {
  expect(thrown(() => parseSteps(text, 0))).toMatchObject({ code: 'usage-flag', exitCode: 2 });
});
