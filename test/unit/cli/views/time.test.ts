import { expect, test } from 'vitest';
import { expiryState, expiryText, relativeTime } from '../../../../src/cli/views/time.ts';
import { DAY } from '../../../../src/core/time.ts';
import { NOW } from '../../../support/forge.ts';

test.each([
  [30 * DAY, 'in 30 days'],
  [30 * DAY - 1, 'in 29 days'],
  [2 * DAY - 1, 'in 47 hours'],
  [7199, 'in 119 minutes'],
  [61, 'in 1 minute'],
  [1, 'in 0 minutes'],
  [0, '0 minutes ago'],
  [-3 * DAY, '3 days ago'],
])('%i seconds from now is %s', (seconds, text) => {
  expect(relativeTime(NOW + seconds, NOW)).toBe(text);
});

test('an expiry is near a week before for what is renewed by a machine, a month before for what people sign', () => {
  expect(expiryState('timestamp', NOW + 7 * DAY, NOW)).toBe('valid');
  expect(expiryState('timestamp', NOW + 7 * DAY - 1, NOW)).toBe('soon');
  expect(expiryState('root', NOW + 30 * DAY, NOW)).toBe('valid');
  expect(expiryState('root', NOW + 30 * DAY - 1, NOW)).toBe('soon');
  expect(expiryState('gateway', NOW, NOW)).toBe('expired');
});

test('an expiry is shown absolutely and relatively', () => {
  expect(expiryText('root', NOW + 90 * DAY, NOW)).toBe('2026-04-01T00:00:00Z, in 90 days');
  expect(expiryText('root', NOW - 90 * DAY, NOW)).toContain('2025-10-03T00:00:00Z, expired 90 days ago');
});
