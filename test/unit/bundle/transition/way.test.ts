import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { obstacle, unitsFor } from '../../../../src/bundle/transition/obstacle.ts';
import { type Part, unmet } from '../../../../src/bundle/transition/parts.ts';
import { nextStop, type Stop, stopsOnTheWay, waysFrom } from '../../../../src/bundle/transition/way.ts';
import type { Name } from '../../../../src/core/names.ts';
import { part, stop } from './parts.ts';

const gw = 'gw' as Name;
// The kernel of 1 does not start under a bootloader of 3; that of 2 does, and that of 3 needs it.
const one = stop('1.0.0', [part('boot', '1.0.0'), part('kernel', '1.0.0', { boot: '<3' })]);
const two = stop('2.0.0', [part('boot', '2.0.0'), part('kernel', '2.0.0', { boot: '*' })]);
const three = stop('3.0.0', [part('boot', '3.0.0'), part('kernel', '3.0.0', { boot: '>=3' })]);

describe('what is in the way', () => {
  test('the first state that does not work, and what does not hold in it', () => {
    expect(obstacle(two, three.parts, gw)).toBeUndefined();
    expect(obstacle(one, three.parts, gw)).toEqual({
      kind: 'state',
      installed: ['boot'],
      unmet: [
        {
          part: 'kernel',
          version: '1.0.0',
          requires: 'boot',
          range: '<3',
          found: [{ part: 'boot', version: '3.0.0' }],
        },
      ],
    });
  });

  test('hardware that it is not for, and a security counter that would go down', () => {
    expect(obstacle(one, two.parts, 'other' as Name)).toEqual({ kind: 'hardware' });
    const components = two.parts.components.map((item) => ({ ...item, counter: 5 }));
    const raised: Stop = { label: '2.0.1', parts: { ...two.parts, components } };
    expect(obstacle(raised, three.parts, gw)).toEqual({
      kind: 'counter',
      lower: [
        { component: 'boot', counter: 1, seen: 5 },
        { component: 'kernel', counter: 1, seen: 5 },
      ],
    });
  });

  test('components of one group are one step, those for other hardware none', () => {
    const components = [
      { ...part('a', '1.0.0'), counter: 1, group: gw },
      { ...part('b', '1.0.0'), counter: 1, group: gw },
      { ...part('c', '1.0.0'), counter: 1, hardware: ['x' as Name] },
      { ...part('d', '1.0.0'), counter: 1 },
    ];
    expect(unitsFor({ hardware: [gw], fixed: [], components }, gw).map(({ names }) => names)).toEqual([
      ['a', 'b'],
      ['d'],
    ]);
  });
});

describe('the way to a release', () => {
  test('passes through another where it has to, and only there', () => {
    expect(stopsOnTheWay([one, two], three)).toEqual([two]);
    expect(stopsOnTheWay([two], three)).toEqual([]);
    expect(waysFrom(one, three, [two])).toEqual([{ from: one, hardware: 'gw', hops: [two, three] }]);
    expect(waysFrom(two, three, [two])).toEqual([{ from: two, hardware: 'gw', hops: [three] }]);
  });

  test('says what is in the way of all that could lead on', () => {
    const [way] = waysFrom(one, three, []);
    expect(way && 'stranded' in way && way.stranded.map(({ to }) => to.label)).toEqual(['3.0.0']);
  });

  test('is told for each hardware', () => {
    const both = stop('1.0.0', [part('boot', '1.0.0')], ['gw', 'old-gw']);
    const ways = waysFrom(both, stop('2.0.0', [part('boot', '2.0.0')]), []);
    expect(ways.map((way) => [way.hardware, 'hops' in way])).toEqual([
      ['gw', true],
      ['old-gw', false],
    ]);
  });

  test('never goes back to a release that was passed', () => {
    const a = stop('a', [part('x', '1.0.0'), part('y', '1.0.0', { x: '<9' })]);
    const b = stop('b', [part('x', '2.0.0'), part('y', '2.0.0', { x: '<9' })]);
    const head = stop('head', [part('x', '9.0.0'), part('y', '9.0.0')]);
    expect(nextStop(a, head, [a, b], gw)).toBe(b);
    expect(nextStop(b, head, [a, b], gw)).toBeUndefined();
  });
});

const versions = fc.constantFrom('1.0.0', '2.0.0', '3.0.0');
const ranges = fc.constantFrom('*', '<2', '<3', '>=2', '>=3');
const releases = fc
  .tuple(versions, versions, versions, fc.option(ranges), fc.option(ranges), fc.option(ranges))
  .map(([a, b, c, ab, bc, ca]): readonly Part[] => [
    part('a', a, ab === null ? {} : { b: ab }),
    part('b', b, bc === null ? {} : { c: bc }),
    part('c', c, ca === null ? {} : { a: ca }),
  ]);

/** Installs one component after the other, and looks at every set of parts on the way. */
function worksByHand(from: readonly Part[], to: readonly Part[]): boolean {
  return to.every((_, index) => unmet([...to.slice(0, index + 1), ...from.slice(index + 1)]).length === 0);
}

test('ways are found where there are some, and every state on them works', () => {
  fc.assert(
    fc.property(fc.array(releases, { minLength: 2, maxLength: 6 }), (all) => {
      const field = all.map((parts, index) => stop(String(index), parts));
      const head = field.at(-1) as Stop;
      const before = field.slice(0, -1);
      const partsOf = (one: Stop) => one.parts.components;
      // Whether the head can be reached from a release by going through later ones, tried out.
      const leads = before.map(() => false);
      for (let index = before.length - 1; index >= 0; index--) {
        const from = partsOf(before[index] as Stop);
        leads[index] =
          worksByHand(from, partsOf(head)) ||
          before.some((stop, later) => later > index && leads[later] && worksByHand(from, partsOf(stop)));
      }
      const through = stopsOnTheWay(before, head);
      for (const [index, from] of before.entries()) {
        const [way] = waysFrom(from, head, through);
        // One that no later release leads on from may still find an earlier one.
        if (leads[index]) expect(way).toHaveProperty('hops');
        if (!way || !('hops' in way)) continue;
        let at = from;
        for (const hop of way.hops) {
          expect(worksByHand(partsOf(at), partsOf(hop))).toBe(true);
          at = hop;
        }
      }
    }),
    { numRuns: 300 },
  );
});
