import { expect, it } from 'vitest';
import { DELTA_CODECS, isCodecName } from '../../../../src/core/delta-formats.ts';
import { CODECS } from '../../../../src/delta/contain/registry.ts';

it('a release file may name every codec, and no other', () => {
  expect(CODECS.map(({ name }) => name).sort()).toEqual([...DELTA_CODECS].sort());
  expect(DELTA_CODECS.filter((name) => !isCodecName(name))).toEqual([]);
});

it('no two codecs have one number', () => {
  expect(new Set(CODECS.map(({ id }) => id)).size).toBe(CODECS.length);
});
