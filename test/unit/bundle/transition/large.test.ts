import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { deadlockOf } from '../../../../src/bundle/transition/deadlock.ts';
import { safeOrder } from '../../../../src/bundle/transition/order.ts';
import type { States } from '../../../../src/bundle/transition/transition.ts';
import { part, states, unitsOf } from './parts.ts';

const SIXTEEN = Array.from({ length: 16 }, (_, place) => `p${String(place).padStart(2, '0')}`);
const old = SIXTEEN.map((name) => part(name, '1.0.0'));
const units = unitsOf(...SIXTEEN.map((name) => [name]));

/** Counts how many states are asked for. */
function counted(all: States): { readonly all: States; asked: number } {
  const counting = {
    asked: 0,
    all: {
      ...all,
      isSafe: (done: number) => {
        counting.asked += 1;
        return all.isSafe(done);
      },
    },
  };
  return counting;
}

test('of 16 components the one order that works is found, whichever it is, and none where one requirement more forbids it', () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(SIXTEEN, { minLength: 16 }),
      fc.integer({ min: 1, max: 15 }),
      (wanted, place) => {
        const before = (name: string) => wanted[wanted.indexOf(name) - 1];
        const fresh = SIXTEEN.map((name) => {
          const first = before(name);
          return part(name, '2.0.0', first === undefined ? {} : { [first]: '>=2' });
        });
        const all = states(old, fresh, units);
        expect(safeOrder(units, [all])?.flatMap(({ names }) => names)).toEqual(wanted);
        // The one that is there before does not work with the one that has to come first.
        const [late, early] = [wanted[place] as string, wanted[place - 1] as string];
        const stubborn = old.map((one) => (one.name === late ? part(late, '1.0.0', { [early]: '<2' }) : one));
        const stuck = states(stubborn, fresh, units);
        expect(safeOrder(units, [stuck])).toBeUndefined();
        expect(deadlockOf(units, stuck).group.toSorted()).toEqual([late, early].sort());
      },
    ),
    { numRuns: 30 },
  );
});

describe('16 components of which', () => {
  it('all can be installed in any order but the last, which never can: each state is looked at once', () => {
    const fresh = SIXTEEN.map((name, place) => part(name, '2.0.0', place === 15 ? { absent: '*' } : {}));
    const { all, ...count } = counted(states(old, fresh, units));
    expect(safeOrder(units, [all])).toBeUndefined();
    expect(deadlockOf(units, all).group).toEqual([]);
    expect(count.asked).toBeLessThan(16 * 2 ** 17);
  });

  it('two have to be switched at once before any other, and one never can: no set of them is followed twice', () => {
    const gate = { p00: '>=2', p01: '>=2' };
    const fresh = SIXTEEN.map((name, place) =>
      part(name, '2.0.0', place === 15 ? { absent: '*' } : place < 2 ? { p00: '>=2', p01: '>=2' } : gate),
    );
    const counting = counted(states(old, fresh, units));
    expect(safeOrder(units, [counting.all])).toBeUndefined();
    expect(deadlockOf(units, counting.all).group).toEqual([]);
    expect(counting.asked).toBeLessThan(16 * 2 ** 17);
  });
});

test('of 30 components that all have to be switched at once, no set is proposed rather than all of them tried', () => {
  const names = Array.from({ length: 30 }, (_, place) => `q${place}`);
  const many = unitsOf(...names.map((name) => [name]));
  const every = Object.fromEntries(names.map((name) => [name, '>=2']));
  const counting = counted(
    states(
      names.map((name) => part(name, '1.0.0')),
      names.map((name) => part(name, '2.0.0', every)),
      many,
    ),
  );
  expect(safeOrder(many, [counting.all])).toBeUndefined();
  expect(deadlockOf(many, counting.all).group).toEqual([]);
  expect(counting.asked).toBeLessThan(2 ** 18);
});
