import fc from 'fast-check';
import { expect, test } from 'vitest';
import { upgradePaths } from '../../../../src/bundle/transition/paths.ts';

const stops = (...ids: readonly string[]) => ids.map((id) => ({ id }));

test('the fewest hops to the head, and why the others get nowhere', () => {
  const [one, two, three, lone] = stops('1.0.0', '2.0.0', '3.0.0', '0.1.0');
  if (!one || !two || !three || !lone) throw new Error('four stops');
  const allowed = new Set(['1.0.0>2.0.0', '2.0.0>3.0.0']);
  const paths = upgradePaths([three, two, one, lone], three, (from, to) =>
    allowed.has(`${from.id}>${to.id}`) ? undefined : `${from.id} has no way to ${to.id}`,
  );
  expect(paths).toEqual([
    { from: three, hops: [] },
    { from: two, hops: [three] },
    { from: one, hops: [two, three] },
    {
      from: lone,
      stranded: [
        { to: three, reason: '0.1.0 has no way to 3.0.0' },
        { to: two, reason: '0.1.0 has no way to 2.0.0' },
        { to: one, reason: '0.1.0 has no way to 1.0.0' },
      ],
    },
  ]);
});

test('property: as many hops as the shortest path that relaxation finds', () => {
  const edges = fc.uniqueArray(fc.tuple(fc.nat(6), fc.nat(6)), { selector: String });
  fc.assert(
    fc.property(edges, (list) => {
      const nodes = stops('0', '1', '2', '3', '4', '5', '6');
      const has = (a: string, b: string) => list.some(([x, y]) => String(x) === a && String(y) === b);
      const distance = nodes.map((_, index) => (index === 0 ? 0 : Number.POSITIVE_INFINITY));
      for (let round = 0; round < nodes.length; round++)
        for (const [x, y] of list) distance[x] = Math.min(distance[x] ?? 0, 1 + (distance[y] ?? 0));
      const head = nodes[0] ?? { id: '0' };
      const paths = upgradePaths(nodes, head, (from, to) => (has(from.id, to.id) ? undefined : 'no'));
      const hops = paths.map((path) => ('hops' in path ? path.hops.length : Number.POSITIVE_INFINITY));
      expect(hops).toEqual(distance);
    }),
  );
});
