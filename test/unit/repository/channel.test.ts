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
