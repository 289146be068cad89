import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reachable, safeOrder } from '../../../../src/bundle/transition/order.ts';
import { type Part, unmet } from '../../../../src/bundle/transition/parts.ts';
import type { Unit } from '../../../../src/bundle/transition/transition.ts';
import { part, states, unitsOf } from './parts.ts';

const names = (order: readonly Unit[] | undefined) => order?.map((unit) => unit.names.join('+'));

describe('an order in which every state works', () => {
  test('the bootloader first, where the new kernel needs the new one', () => {
    const old = [part('kernel', '5.0.0', { boot: '>=1' }), part('boot', '1.0.0')];
    const fresh = [part('kernel', '6.0.0', { boot: '>=2' }), part('boot', '2.0.0')];
    const units = unitsOf(['kernel'], ['boot']);
    expect(names(safeOrder(units, [states(old, fresh, units)]))).toEqual(['boot', 'kernel']);
  });

  test('the bootloader last, where the old kernel does not start under the new one', () => {
    const old = [part('boot', '1.0.0'), part('kernel', '5.0.0', { boot: '<2' })];
    const fresh = [part('boot', '2.0.0'), part('kernel', '6.0.0', { boot: '>=1' })];
    const units = unitsOf(['boot'], ['kernel']);
    expect(names(safeOrder(units, [states(old, fresh, units)]))).toEqual(['kernel', 'boot']);
  });

  test('none, where each needs the other at once; a group is the way out', () => {
    const old = [part('linux', '1.0.0', { rpmsg: '^1' }), part('rtos', '1.0.0', {}, { rpmsg: '1.0.0' })];
    const fresh = [part('linux', '2.0.0', { rpmsg: '^2' }), part('rtos', '2.0.0', {}, { rpmsg: '2.0.0' })];
    const apart = unitsOf(['linux'], ['rtos']);
    expect(safeOrder(apart, [states(old, fresh, apart)])).toBeUndefined();
    const together = unitsOf(['linux', 'rtos']);
    expect(names(safeOrder(together, [states(old, fresh, together)]))).toEqual(['linux+rtos']);
  });

  test('one for all releases that a device may come from, or none', () => {
    const fresh = [part('a', '3.0.0'), part('b', '3.0.0')];
    const first = [part('a', '1.0.0', { b: '<3' }), part('b', '1.0.0')];
    const second = [part('a', '2.0.0'), part('b', '2.0.0', { a: '<3' })];
    const units = unitsOf(['a'], ['b']);
    const [one, two] = [states(first, fresh, units), states(second, fresh, units)];
    expect(names(safeOrder(units, [one]))).toEqual(['a', 'b']);
    expect(names(safeOrder(units, [two]))).toEqual(['b', 'a']);
    expect(safeOrder(units, [one, two])).toBeUndefined();
  });

  test('what the new release no longer has keeps its place until the end, and asks for nothing', () => {
    const old = [
      part('os', '1.0.0'),
      part('bridge', '1.0.0', { os: '<2' }, { bus: '1.0.0' }),
      part('app', '1.0.0', { bus: '*' }),
    ];
    const fresh = [part('os', '2.0.0'), part('app', '2.0.0')];
    const units = unitsOf(['os'], ['app']);
    const all = states(old, fresh, units);
    expect(names(safeOrder(units, [all]))).toEqual(['os', 'app']);
    expect(all.partsAt(1).map(({ name, version }) => `${name} ${version}`)).toEqual([
      'bridge 1.0.0',
      'app 1.0.0',
      'os 2.0.0',
    ]);
    expect(all.partsAt(3).map(({ name }) => name)).toEqual(['os', 'app']);
  });

  test('of two that offer an interface, both must be in range', () => {
    const old = [part('os', '1.0.0', {}, { bus: '1.0.0' }), part('app', '1.0.0', { bus: '^1' })];
    const fresh = [
      part('os', '2.0.0'),
      part('hub', '2.0.0', {}, { bus: '2.0.0' }),
      part('app', '2.0.0', { bus: '>=1' }),
    ];
    const units = unitsOf(['os'], ['hub'], ['app']);
    expect(names(safeOrder(units, [states(old, fresh, units)]))).toEqual(['app', 'hub', 'os']);
  });

  test('the order that is asked for, where it is safe', () => {
    const parts = [part('a', '1.0.0'), part('b', '1.0.0'), part('c', '1.0.0')];
    const units = unitsOf(['c'], ['a'], ['b']);
    expect(names(safeOrder(units, [states(parts, parts, units)]))).toEqual(['c', 'a', 'b']);
  });

  test('too many steps are refused, not guessed', () => {
    const many = Array.from({ length: 31 }, (_, index) => part(`p${index}`, '1.0.0'));
    const units = unitsOf(...many.map(({ name }) => [name]));
    expect(() => safeOrder(units, [states(many, many, units)])).toThrow(
      expect.objectContaining({ code: 'plan-too-large' }),
    );
    const fewer = units.slice(0, 30);
    expect(safeOrder(fewer, [states(many.slice(0, 30), many.slice(0, 30), fewer)])).toHaveLength(30);
  });
});

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const ranges = fc.constantFrom('*', '^1', '>=1', '<2', '>=2', '^2', '>=1 <3', '<=1');
const versions = fc.constantFrom('1.0.0', '2.0.0', '3.0.0');
const needs = fc.dictionary(fc.constantFrom(...NAMES, 'bus'), ranges, { maxKeys: 2 });
const offers = fc.dictionary(fc.constantFrom('bus', 'api'), versions, { maxKeys: 1 });
const release = fc
  .subarray(NAMES, { minLength: 2 })
  .chain((chosen) =>
    fc.tuple(
      ...chosen.map((name) =>
        fc
          .tuple(versions, needs, offers)
          .map(([version, requires, provides]) => part(name, version, requires, provides)),
      ),
    ),
  );

/** Every order, tried by what is installed after each of its steps. */
function bruteForce(old: readonly Part[], fresh: readonly Part[], units: readonly Unit[]): boolean {
  const kept = new Set<string>(fresh.map(({ name }) => name));
  const works = (installed: ReadonlySet<string>): boolean => {
    const complete = installed.size === kept.size;
    const there = [
      ...old.filter(({ name }) => (kept.has(name) ? !installed.has(name) : !complete)),
      ...fresh.filter(({ name }) => installed.has(name)),
    ];
    return (
      unmet(
        there,
        there.filter(({ name }) => kept.has(name)),
      ).length === 0
    );
  };
  const from = (installed: ReadonlySet<string>, left: readonly Unit[]): boolean =>
    left.length === 0 ||
    left.some((unit) => {
      const next = new Set([...installed, ...unit.names]);
      return (
        works(next) &&
        from(
          next,
          left.filter((other) => other !== unit),
        )
      );
    });
  return from(new Set(), units);
}

test('property: an order is found exactly where trying all of them finds one, and each of its states works', () => {
  let found = 0;
  fc.assert(
    fc.property(release, release, fc.boolean(), (old, fresh, grouped) => {
      const alone = fresh.map(({ name }) => [name as string]);
      const units = unitsOf(...(grouped ? [alone.slice(0, 2).flat(), ...alone.slice(2)] : alone));
      const all = states(old, fresh, units);
      const order = safeOrder(units, [all]);
      expect(order !== undefined).toBe(bruteForce(old, fresh, units));
      if (!order) return;
      found += 1;
      let done = 0;
      for (const unit of order) {
        done |= 2 ** units.indexOf(unit);
        expect(all.unmetAt(done)).toEqual([]);
        expect(reachable(units, [all]).has(done)).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
  expect(found).toBeGreaterThan(100);
});
