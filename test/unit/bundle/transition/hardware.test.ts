import fc from 'fast-check';
import { expect, test } from 'vitest';
import { casesOf, type ReleaseParts } from '../../../../src/bundle/transition/cases.ts';
import { obstacle } from '../../../../src/bundle/transition/obstacle.ts';
import { safeOrder } from '../../../../src/bundle/transition/order.ts';
import { unmet } from '../../../../src/bundle/transition/parts.ts';
import type { Unit } from '../../../../src/bundle/transition/transition.ts';
import type { Name } from '../../../../src/core/names.ts';
import { part } from './parts.ts';

const HARDWARE = ['x' as Name, 'y' as Name];
const NAMES = ['a', 'b', 'c', 'd'];
const versions = fc.constantFrom('1.0.0', '2.0.0', '3.0.0');
const some = fc.constantFrom(undefined, undefined, ['x'] as Name[], ['y'] as Name[]);
const needs = fc.dictionary(
  fc.constantFrom(...NAMES, 'bus', 'rom'),
  fc.constantFrom('*', '^1', '<2', '>=2', '^2', '>=1 <3'),
  { maxKeys: 1 },
);
const offers = fc.dictionary(fc.constant('bus'), versions, { maxKeys: 1 });
const onSome = <T extends object>(item: T, hardware: Name[] | undefined) =>
  hardware === undefined ? item : { ...item, hardware };

/** A release whose components are for some hardware, in groups or alone, beside a part that is never updated. */
const release = fc
  .subarray(NAMES, { minLength: 2 })
  .chain((chosen) =>
    fc.record({
      components: fc.tuple(
        ...chosen.map((name) =>
          fc
            .tuple(versions, needs, offers, some)
            .map(([version, requires, provides, hardware]) =>
              onSome({ ...part(name, version, requires, provides), counter: 1 }, hardware),
            ),
        ),
      ),
      fixed: fc.option(
        fc.tuple(versions, some).map(([version, hardware]) => onSome(part('rom', version), hardware)),
      ),
      group: fc.integer({ min: 1, max: 3 }),
    }),
  )
  .map(({ components, fixed, group }) => ({
    group,
    parts: { hardware: HARDWARE, components, fixed: fixed === null ? [] : [fixed] } satisfies ReleaseParts,
  }));

const isFor = (item: { readonly hardware?: readonly Name[] }, hardware: Name) =>
  item.hardware?.includes(hardware) ?? true;

/** Whether every set of parts works that a device of this hardware passes through when it installs in this order. */
function worksByHand(from: ReleaseParts, to: ReleaseParts, order: readonly Unit[], hardware: Name): boolean {
  const fresh = to.components.filter((item) => isFor(item, hardware));
  const fixed = to.fixed.filter((item) => isFor(item, hardware)).map((item) => ({ ...item, requires: {} }));
  const never = new Set<string>(fixed.map(({ name }) => name));
  const before = [...from.components, ...from.fixed.map((item) => ({ ...item, requires: {} }))].filter(
    (item) => isFor(item, hardware) && !never.has(item.name),
  );
  const kept = new Set<string>(fresh.map(({ name }) => name));
  const installed = new Set<string>();
  for (const { names } of order) {
    const now = names.filter((name) => kept.has(name));
    if (now.length === 0) continue;
    for (const name of now) installed.add(name);
    const complete = installed.size === kept.size;
    const there = [
      ...before.filter(({ name }) => (kept.has(name) ? !installed.has(name) : !complete)),
      ...fresh.filter(({ name }) => installed.has(name)),
      ...fixed,
    ];
    const asking = there.filter(({ name }) => kept.has(name));
    if (unmet(there, asking).length > 0) return false;
  }
  return true;
}

function* orders(units: readonly Unit[]): Generator<readonly Unit[]> {
  if (units.length === 0) yield [];
  for (const unit of units)
    for (const rest of orders(units.filter((other) => other !== unit))) yield [unit, ...rest];
}

test('property: one order for all hardware and releases in the field is found exactly where trying all of them finds one', () => {
  const seen = { found: 0, none: 0 };
  fc.assert(
    fc.property(release, fc.array(release, { minLength: 1, maxLength: 2 }), ({ parts, group }, before) => {
      const names = parts.components.map(({ name }) => name);
      const units: readonly Unit[] = [
        { names: names.slice(0, group) },
        ...names.slice(group).map((name) => ({ names: [name] })),
      ];
      const bases = before.map((base, place) => ({ label: String(place), parts: base.parts }));
      const works = (order: readonly Unit[]) =>
        bases.every((base) => HARDWARE.every((hardware) => worksByHand(base.parts, parts, order, hardware)));
      const order = safeOrder(units, casesOf(parts, bases, units));
      const tried = [...orders(units)].find(works);
      // Also the first one, as the units are given.
      expect(order).toEqual(tried);
      seen[order ? 'found' : 'none'] += 1;
      if (!order) return;
      // And the device proves the same of the order that is in the manifest.
      const ordered = {
        ...parts,
        components: order.flatMap((unit, place) =>
          unit.names.map((name) => ({
            ...(parts.components.find((item) => item.name === name) ?? expect.fail(name)),
            counter: 1,
            ...(unit.names.length > 1 ? { group: `g${place}` as Name } : {}),
          })),
        ),
      };
      for (const base of bases) {
        const from = { ...base.parts, components: base.parts.components };
        for (const hardware of HARDWARE)
          expect(obstacle({ label: base.label, parts: from }, ordered, hardware)).toBeUndefined();
      }
    }),
    { numRuns: 800 },
  );
  expect(Math.min(seen.found, seen.none)).toBeGreaterThan(100);
});
