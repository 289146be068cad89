import { expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/core/bytes.ts';
import { parseName, parseVersion } from '../../../src/core/names.ts';
import { encodeChannel, parseChannel } from '../../../src/repository/channel.ts';
import { refusal } from '../../support/client.ts';

const channel = {
  product: parseName('gateway', 'product'),
  channel: parseName('stable', 'channel'),
  release: { version: parseVersion('1.0.0', 'version'), manifest: { length: 9, sha256: 'ef'.repeat(32) } },
};
const text = fromUtf8(encodeChannel(channel));

it('is written as documented', () => {
  expect(JSON.parse(text)).toEqual({
    _type: 'ota-channel',
    format: 1,
    product: 'gateway',
    channel: 'stable',
    release: { version: '1.0.0', manifest: { length: 9, sha256: 'ef'.repeat(32) } },
  });
  expect(parseChannel(utf8(text), 'stable.json')).toEqual(channel);
});

it.each([
  [/"ota-channel"/, '"ota-manifest"'],
  [/"format": 1/, '"format": 2'],
  [/"format": 1/, '"format": 1, "rollout": []'],
  [/"version": "1.0.0"/, '"version": "latest"'],
  [/"version": "1.0.0"/, '"version": "1.0.0", "more": 1'],
  [/"length": 9/, '"length": 9, "more": 1'],
])('is refused with %s as %s', async (from, to) => {
  expect(text).toMatch(from);
  const error = await refusal(() => parseChannel(utf8(text.replace(from, to)), 'stable.json'));
  expect(error.code).toBe('shape-invalid');
});

const rollout = {
  from: { version: parseVersion('0.9.0', 'version'), manifest: { length: 8, sha256: 'cd'.repeat(32) } },
  steps: [
    { at: 1_800_000_000, percent: 1 },
    { at: 1_800_086_400, percent: 100 },
  ],
  paused: 1_800_000_060,
};
const staged = fromUtf8(encodeChannel({ ...channel, rollout }));

it('is written with its rollout as documented, and read back', () => {
  expect(JSON.parse(staged).rollout).toEqual({
    from: { version: '0.9.0', manifest: { length: 8, sha256: 'cd'.repeat(32) } },
    steps: [
      { at: '2027-01-15T08:00:00Z', percent: 1 },
      { at: '2027-01-16T08:00:00Z', percent: 100 },
    ],
    paused: '2027-01-15T08:01:00Z',
  });
  expect(parseChannel(utf8(staged), 'stable.json')).toEqual({ ...channel, rollout });
});

it.each([
  [/"percent": 1\n/, '"percent": 0\n'],
  [/"percent": 1\n/, '"percent": 100\n'],
  [/"percent": 100\n/, '"percent": 101\n'],
  [/2027-01-16T08:00:00Z/, '2027-01-15T08:00:00Z'],
  [/"steps": \[[^\]]*\]/, '"steps": []'],
  [/"paused": "[^"]*"/, '"paused": true'],
  [/"percent": 1\n/, '"percent": 1, "more": 1\n'],
])('a rollout is refused with %s as %s', async (from, to) => {
  expect(staged).toMatch(from);
  const error = await refusal(() => parseChannel(utf8(staged.replace(from, to)), 'stable.json'));
  expect(error.code).toBe('shape-invalid');
});

const passed = [rollout.from, { ...rollout.from, version: parseVersion('0.9.5', 'version') }];

it('is written with the releases that devices pass through, in their order, and read back', () => {
  const bytes = encodeChannel({ ...channel, through: passed });
  expect(JSON.parse(fromUtf8(bytes)).through.map(({ version }: { version: string }) => version)).toEqual([
    '0.9.0',
    '0.9.5',
  ]);
  expect(parseChannel(bytes, 'stable.json')).toEqual({ ...channel, through: passed });
  expect(fromUtf8(encodeChannel({ ...channel, through: [] }))).toBe(text);
});

it.each([
  ['no releases to pass through', []],
  ['one of them twice', [passed[0], passed[0]]],
])('is refused with %s', async (_, through) => {
  const document = JSON.stringify({ ...JSON.parse(text), through });
  const error = await refusal(() => parseChannel(utf8(document), 'stable.json'));
  expect(error.code).toBe('shape-invalid');
});
