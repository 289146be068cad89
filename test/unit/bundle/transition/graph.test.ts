import { expect, test } from 'vitest';
import { mermaid } from '../../../../src/bundle/transition/graph.ts';
import { safeOrder } from '../../../../src/bundle/transition/order.ts';
import { part, states, unitsOf } from './parts.ts';

const old = [part('boot', '1.0.0'), part('kernel', '1.0.0')];
const fresh = [part('boot', '2.0.0'), part('kernel', '2.0.0', { boot: '>=2' })];
const units = unitsOf(['boot'], ['kernel']);

test('every state that works, the steps, the refused ones, and the chosen way', () => {
  const all = states(old, fresh, units);
  expect(mermaid(units, all, safeOrder(units, [all]))).toBe(`flowchart TD
  s0["from 1.0.0"]
  s1["boot new"]
  s3["all installed"]
  s0 -->|"boot"| s1
  s0 -.->|"kernel"| s2
  s1 -->|"kernel"| s3
  s2(["kernel new"]):::refused
  class s0,s1,s3 chosen
  classDef chosen stroke-width:3px
  classDef refused stroke-dasharray:4 4
`);
});

test('more states than a picture can show give none', () => {
  const many = Array.from({ length: 9 }, (_, index) => part(`p${index}`, '1.0.0'));
  const steps = unitsOf(...many.map(({ name }) => [name]));
  expect(mermaid(steps, states(many, many, steps))).toBeUndefined();
  expect(mermaid(steps.slice(0, 8), states(many.slice(0, 8), many.slice(0, 8), steps.slice(0, 8)))).toContain(
    's255',
  );
});
