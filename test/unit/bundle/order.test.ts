import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Orderable, preferredSteps } from '../../../src/bundle/order.ts';
import { DOMAINS, type Name } from '../../../src/core/names.ts';

const part = (
  name: string,
  domain: Orderable['domain'] = 'app',
  requires: readonly string[] = [],
  provides: readonly string[] = [],
): Orderable => ({
  name: name as Name,
  domain,
  requires: Object.fromEntries(requires.map((item) => [item, '*'])),
  provides: Object.fromEntries(provides.map((item) => [item, '1.0.0'])),
});

const namesOf = (components: readonly Orderable[]): readonly string[] =>
  preferredSteps(components).flatMap(({ names }) => names);

describe('the order to install in', () => {
  test('without requirements: by domain, then by name', () => {
    expect(
      namesOf([part('b', 'coprocessor'), part('b'), part('z', 'bootloader'), part('a'), part('c', 'os')]),
    ).toEqual(['z', 'c', 'a', 'b', 'b']);
  });

  test('a required component first, whatever its domain', () => {
    expect(namesOf([part('u-boot', 'bootloader', ['radio']), part('radio', 'coprocessor')])).toEqual([
      'radio',
      'u-boot',
    ]);
  });

  test('a required interface stands for the component that provides it', () => {
    expect(namesOf([part('a', 'os', ['api']), part('z', 'os', [], ['api'])])).toEqual(['z', 'a']);
  });

  test('what this release does not have is no reason to wait', () => {
    expect(namesOf([part('a', 'app', ['absent'])])).toEqual(['a']);
  });

  test('a circle is entered at the one that would be first without it', () => {
    expect(namesOf([part('a', 'app', ['b']), part('b', 'app', ['c']), part('c', 'app', ['b'])])).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(namesOf([part('z', 'os', ['a']), part('a', 'app', ['z'])])).toEqual(['z', 'a']);
    expect(namesOf([part('a', 'app', ['a'])])).toEqual(['a']);
  });

  test('a group is one step, as early as its first component may be and after all that any of it requires', () => {
    const grouped = (component: Orderable) => ({ ...component, group: 'ab' as Name });
    const steps = preferredSteps([
      grouped(part('rtos', 'coprocessor')),
      part('boot', 'bootloader'),
      grouped(part('linux', 'os', ['driver'])),
      part('driver', 'app'),
      part('modem', 'coprocessor'),
    ]);
    expect(steps.map(({ names }) => names.join('+'))).toEqual(['boot', 'driver', 'linux+rtos', 'modem']);
  });

  test('a hint decides between two that could be next, and never against a requirement', () => {
    const hint = (component: Orderable, order: number) => ({ ...component, order });
    expect(namesOf([hint(part('a'), 2), hint(part('b'), 1)])).toEqual(['b', 'a']);
    expect(namesOf([hint(part('a', 'app', ['b']), -5), part('b')])).toEqual(['b', 'a']);
  });
});

const products = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 1 })
  .chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc
          .tuple(fc.constantFrom(...DOMAINS), fc.uniqueArray(fc.constantFrom(...names), { maxLength: 2 }))
          .map(([domain, requires]) => part(name, domain, requires)),
      ),
    ),
  );

/** Whether a requirement leads from a component, over others, back to it. */
const inCircle = (start: Orderable, all: readonly Orderable[]): boolean => {
  const seen = new Set<string>(Object.keys(start.requires));
  for (const name of seen)
    for (const next of Object.keys(all.find((item) => item.name === name)?.requires ?? {})) seen.add(next);
  return seen.has(start.name);
};

test('property: all of them once, each after what it requires unless in or behind a circle; the order given decides nothing', () => {
  fc.assert(
    fc.property(products, (components) => {
      const order = namesOf(components);
      expect([...order].sort()).toEqual(components.map(({ name }) => name).sort());
      expect(namesOf([...components].reverse())).toEqual(order);
      if (components.some((component) => inCircle(component, components))) return;
      for (const { name, requires } of components) {
        for (const need of Object.keys(requires))
          expect(order.indexOf(need)).toBeLessThan(order.indexOf(name));
      }
    }),
    { numRuns: 500 },
  );
});
