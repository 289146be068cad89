import { describe, expect, it } from 'vitest';
import { parseName, parseVersion } from '../../../src/core/names.ts';
import * as layout from '../../../src/repository/layout.ts';
import { matchesPattern } from '../../../src/repository/match.ts';
import { channelsRole, delegatorOf, isTargetPath, productRole } from '../../../src/repository/names.ts';
import { refusal } from '../../support/client.ts';

const product = parseName('gateway', 'product');
const version = parseVersion('2.4.0', 'version');
const radio = parseName('radio', 'component');
const digest = '0123456789abcdef'.repeat(4);

describe('keys', () => {
  it.each([
    ['root', 3, 'metadata/3.root.json'],
    ['gateway.channels', 7, 'metadata/7.gateway.channels.json'],
    ['timestamp', 7, 'metadata/timestamp.json'],
    ['snapshot', undefined, 'metadata/snapshot.json'],
  ])('of %s version %s', (role, at, key) => {
    expect(layout.metadataKey(role, at)).toBe(key);
  });

  it('of targets hold their digest', () => {
    expect(layout.targetKey('gateway/2.4.0/radio', digest)).toBe(`targets/gateway/2.4.0/${digest}.radio`);
    expect(layout.targetKey('radio', digest)).toBe(`targets/${digest}.radio`);
    expect(layout.targetKey('gateway/2.4.0/radio', undefined)).toBe('targets/gateway/2.4.0/radio');
  });

  it('refuse what cannot be a key', async () => {
    expect((await refusal(() => layout.targetKey('a b', digest))).code).toBe('target-path');
  });
});

describe('target paths', () => {
  const delta = layout.deltaPath(product, version, radio, digest, parseName('bsdiff', 'format'));
  const ofRelease = [
    [layout.manifestPath(product, version), 'gateway/2.4.0/manifest.json'],
    [layout.signaturesPath(product, version), 'gateway/2.4.0/signatures.json'],
    [layout.payloadPath(product, version, radio), 'gateway/2.4.0/radio'],
    [delta, 'gateway/2.4.0/radio.from.0123456789abcdef.bsdiff'],
    [layout.extraPath(product, version, 'notes.md'), 'gateway/2.4.0/extra_notes.md'],
    [layout.archivePath(product), 'gateway/archive/releases.json'],
  ] as const;

  it.each(ofRelease)('%s', (path, expected) => {
    expect(path).toBe(expected);
    expect(matchesPattern(layout.productPattern(product), path)).toBe(true);
    expect(matchesPattern(layout.channelsPattern(product), path)).toBe(false);
  });

  it('of a channel are delegated to its role', () => {
    const path = layout.channelPath(product, parseName('stable', 'channel'));
    expect(path).toBe('gateway/channels/stable.json');
    expect(matchesPattern(layout.channelsPattern(product), path)).toBe(true);
  });

  it.each(['', '/a', 'a//b', 'a/', '.', 'a/..', 'a\\b', 'a\n', 'x'.repeat(1025)])('are never %j', (path) => {
    expect(isTargetPath(path)).toBe(false);
  });
});

it('names roles so that each tells who delegates to it', () => {
  expect(delegatorOf(productRole(product))).toBe('targets');
  expect(delegatorOf(channelsRole(product))).toBe('gateway');
});

it('lets caches keep all but the timestamp', () => {
  const year = 'public, max-age=31536000, immutable';
  expect(layout.headersOf(layout.TIMESTAMP_KEY)).toEqual({
    contentType: 'application/json',
    cacheControl: 'no-cache',
  });
  expect(layout.headersOf('metadata/1.root.json')).toEqual({
    contentType: 'application/json',
    cacheControl: year,
  });
  expect(layout.headersOf(`targets/a/${digest}.radio`)).toEqual({
    contentType: 'application/octet-stream',
    cacheControl: year,
  });
});
