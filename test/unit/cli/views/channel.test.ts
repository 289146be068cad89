import { expect, it } from 'vitest';
import { channelLines } from '../../../../src/cli/views/channel.ts';
import { name, version } from '../../../support/release.ts';

const report = {
  product: name('gateway'),
  channel: name('stable'),
  store: 'memory:',
  changed: true,
  roles: [{ role: 'timestamp', version: 3, expires: 0 }],
  expiresFirst: { role: 'timestamp', version: 3, expires: 0 },
};
const [old, next] = [version('1.0.0'), version('1.1.0')];

it.each([
  [{ to: next }, 'Channel stable of gateway gives out 1.1.0'],
  [{ from: old, to: next }, 'Channel stable of gateway gives out 1.0.0 → 1.1.0'],
  // A rollout that is paused or resumed is of the same release.
  [{ from: next, to: next }, 'Channel stable of gateway gives out 1.1.0'],
  [{ from: old }, 'Removed channel stable of gateway: devices on it stay at what they have'],
])('says of %j: %s', (change, line) => {
  expect(channelLines({ ...report, ...change })[0]).toBe(line);
});
