import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { parseName, parseVersion } from '../../src/core/names.ts';
import { encodeChannel, parseChannel } from '../../src/repository/channel.ts';
import { extraPath, targetKey } from '../../src/repository/layout.ts';
import { productRole } from '../../src/repository/names.ts';
import { refusal } from '../support/client.ts';

const BAD = ['../x', '..', '', 'a/b', 'a\\b', 'A', 'a.b', 'a?', 'a%', '-a', 'a'.repeat(64)];
const product = parseName('gateway', 'product');
const version = parseVersion('1.0.0', 'version');
const manifest = { length: 1, sha256: '0'.repeat(64) };

describe('a name that traverses', () => {
  it.each(BAD)('is no product and no channel in a channel document: %j', async (name) => {
    const honest = new TextDecoder().decode(
      encodeChannel({ product, channel: product, release: { version, manifest } }),
    );
    for (const field of ['product', 'channel']) {
      const bytes = utf8(honest.replace(`"${field}": "gateway"`, `"${field}": ${JSON.stringify(name)}`));
      expect((await refusal(() => parseChannel(bytes, 'stable.json'))).code).toBe('shape-invalid');
    }
  });

  it.each(['root', 'targets', 'snapshot', 'timestamp', 'con', 'lpt1'])(
    'nor one whose role would be another: %s',
    async (name) => {
      expect((await refusal(() => productRole(parseName(name, 'product')))).code).toBe('name-invalid');
    },
  );

  it.each(['../x', '/x', 'a//b', 'a/./b', 'a/../b', 'a\\b', 'a/b ', 'a/%2e%2e/b', ''])(
    'nor a key in a store: %j',
    async (path) => {
      expect((await refusal(() => targetKey(path, '0'.repeat(64)))).code).toBe('target-path');
    },
  );

  it.each(['../x', 'a/b', '.hidden', ''])('nor an extra file: %j', async (name) => {
    expect((await refusal(() => extraPath(product, version, name))).code).toBe('name-invalid');
  });
});

it('accepts plain names', () => {
  const channel = { product, channel: parseName('stable', 'channel'), release: { version, manifest } };
  expect(parseChannel(encodeChannel(channel), 'stable.json')).toEqual(channel);
  expect(targetKey('gateway/1.0.0/radio', 'ab')).toBe('targets/gateway/1.0.0/ab.radio');
});
