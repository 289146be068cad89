import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { installOrder, type Orderable } from '../../../src/bundle/order.ts';
import { DOMAINS } from '../../../src/core/names.ts';

const part = (
  name: string,
  domain: Orderable['domain'] = 'app',
  requires: readonly string[] = [],
  provides: readonly string[] = [],
): Orderable => ({
  name,
  domain,
  requires: Object.fromEntries(requires.map((item) => [item, '*'])),
  provides: Object.fromEntries(provides.map((item) => [item, '1.0.0'])),
});

const namesOf = (components: readonly Orderable[]) => {
  const result = installOrder(components);
  return 'order' in result ? result.order.map(({ name }) => name) : result;
};

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

  test('a cycle is named from a component to itself, without what only leads to it', () => {
    expect(namesOf([part('a', 'app', ['b']), part('b', 'app', ['c']), part('c', 'app', ['b'])])).toEqual({
      cycle: ['b', 'c', 'b'],
    });
    expect(namesOf([part('a', 'app', ['a'])])).toEqual({ cycle: ['a', 'a'] });
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

test('property: each after what it requires, or a real cycle; and the order given decides nothing', () => {
  fc.assert(
    fc.property(products, (components) => {
      const result = installOrder(components);
      if ('cycle' in result) {
        const { cycle } = result;
        expect(cycle[0]).toBe(cycle.at(-1));
        for (const [index, name] of cycle.slice(0, -1).entries()) {
          const requires = components.find((component) => component.name === name)?.requires ?? {};
          expect(Object.keys(requires)).toContain(cycle[index + 1]);
        }
        return;
      }
      const order = result.order.map(({ name }) => name);
      expect([...order].sort()).toEqual(components.map(({ name }) => name).sort());
      for (const { name, requires } of components) {
        for (const need of Object.keys(requires)) {
          expect(order.indexOf(need)).toBeLessThan(order.indexOf(name));
        }
      }
      expect(namesOf([...components].reverse())).toEqual(order);
    }),
  );
});
