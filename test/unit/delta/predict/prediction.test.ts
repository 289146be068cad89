import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../../src/core/bytes.ts';
import { OtaError } from '../../../../src/core/errors.ts';
import { KINDS } from '../../../../src/delta/predict/kinds.ts';
import { decodePrediction, encodePrediction } from '../../../../src/delta/predict/prediction.ts';
import { varints } from '../support.ts';

const size = fc.nat(2 ** 30);
const part = fc
  .record({
    program: fc.nat(1000),
    offset: fc.nat(2 ** 48),
    length: size,
    more: size,
    address: fc.nat(2 ** 48),
  })
  .map(({ more, ...rest }) => ({ ...rest, memory: rest.length + more }));
const prediction = fc.record({
  modes: fc.array(fc.record({ kind: fc.constantFrom(...KINDS), base: fc.nat(2 ** 48) }), { maxLength: 9 }),
  old: fc.array(part, { maxLength: 5 }),
  new: fc.array(part, { maxLength: 5 }),
});

const codeOf = (bytes: Uint8Array) => {
  try {
    decodePrediction(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof OtaError) return error.code;
    throw error;
  }
};

describe('what is predicted from', () => {
  it('goes through its section', () => {
    fc.assert(
      fc.property(prediction, (value) => {
        expect(decodePrediction(encodePrediction(value))).toEqual(value);
      }),
    );
  });

  const good = varints(1, 5, 7, 1, 0, 0, 10, 20, 30, 0);

  it('is accepted when it is right', () => {
    expect(decodePrediction(good)).toEqual({
      modes: [{ kind: 'word32', base: 7 }],
      old: [{ program: 0, offset: 0, length: 10, memory: 20, address: 30 }],
      new: [],
    });
  });

  it.each([
    ['is empty', new Uint8Array()],
    ['is cut short', good.subarray(0, -1)],
    ['goes on', concatBytes(good, varints(0))],
    ['has an unknown kind', varints(1, 8, 7, 0, 0)],
    ['has kind 0', varints(1, 0, 7, 0, 0)],
    ['has a part that is longer than in memory', varints(0, 1, 0, 0, 21, 20, 30, 0)],
    ['has a part at the end of all addresses', varints(0, 1, 0, 0, 10, 20, 2 ** 50, 0)],
    ['has a part at the end of all places', varints(0, 1, 0, 2 ** 50, 10, 20, 0, 0)],
    ['names more parts than it has', varints(0, 2 ** 50)],
  ])('is refused when it %s', (_, bytes) => {
    expect(codeOf(bytes)).toBe('delta-invalid');
  });
});
