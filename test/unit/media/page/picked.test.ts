import { describe, expect, test } from 'vitest';
import { sortPicked } from '../../../../src/media/page/picked.ts';

const KEYS = [
  'metadata/1.root.json',
  'metadata/timestamp.json',
  'targets/gateway/1.0.0/aa.radio',
  'targets/gateway/1.1.0/aa.radio',
  'targets/gateway/1.1.0/bb.boot',
];
const sorted = (...paths: string[]) =>
  sortPicked(
    paths.map((path) => ({ path, file: path })),
    KEYS,
  );
const found = (...paths: string[]) => Object.fromEntries(sorted(...paths).found);

describe('chosen files', () => {
  test('of a whole medium are found by their place in it', () => {
    const all = KEYS.map((key) => `USB/${key}`);
    const whole = sorted('USB/ota-media.json', 'USB/ota.html', 'USB/README.txt', ...all);
    expect(whole).toMatchObject({ whole: true, unfinished: false, list: 'USB/ota-media.json', unknown: [] });
    expect(Object.fromEntries(whole.found)).toEqual(
      Object.fromEntries(KEYS.map((key) => [key, [`USB/${key}`]])),
    );
    // The right file in the wrong place is not there for a device.
    const moved = sorted('USB/ota-media.json', 'USB/copy/metadata/1.root.json', 'USB/bb.boot');
    expect([...moved.found.keys()]).toEqual([]);
    expect(moved.unknown).toEqual(['USB/copy/metadata/1.root.json', 'USB/bb.boot']);
  });

  test('of a folder on it are found by the end of their path, single ones by name', () => {
    expect(found('targets/gateway/1.1.0/aa.radio')).toEqual({
      [KEYS[3] ?? '']: ['targets/gateway/1.1.0/aa.radio'],
    });
    expect(found('x/metadata/1.root.json')).toEqual({ [KEYS[0] ?? '']: ['x/metadata/1.root.json'] });
    expect(found('bb.boot')).toEqual({ [KEYS[4] ?? '']: ['bb.boot'] });
    // Two are called so.
    expect(sorted('aa.radio')).toMatchObject({ found: new Map(), unknown: ['aa.radio'] });
    expect(sorted('bb.boot').whole).toBe(false);
    expect(sorted('ota-media.json', 'bb.boot').whole).toBe(false);
  });

  test('in parts are joined in order, or torn', () => {
    const key = KEYS[4] ?? '';
    expect(found(`${key}.part-001`, `${key}.part-000`)).toEqual({
      [key]: [`${key}.part-000`, `${key}.part-001`],
    });
    const torn = sorted(`${key}.part-000`, `${key}.part-002`);
    expect(torn.torn).toEqual(new Set([key]));
    expect(torn.found.size).toBe(0);
    expect(sorted('x.part-000').unknown).toEqual(['x.part-000']);
  });

  test('of a medium without its list are known to be unfinished', () => {
    expect(sorted('USB/metadata/timestamp.json', 'USB/metadata/1.root.json')).toMatchObject({
      whole: false,
      unfinished: true,
    });
  });

  test.each([
    'USB/.DS_Store',
    'USB/metadata/._1.root.json',
    'USB/System Volume Information/WPSettings.dat',
    'USB/$RECYCLE.BIN/x',
    'USB/Thumbs.db',
  ])('%s is left out', (path) => {
    expect(sorted('USB/ota-media.json', path).unknown).toEqual([]);
  });
});
