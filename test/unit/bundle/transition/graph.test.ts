import { expect, test } from 'vitest';
import { graphOf } from '../../../../src/bundle/transition/graph.ts';
import { mermaid } from '../../../../src/bundle/transition/mermaid.ts';
import { safeOrder } from '../../../../src/bundle/transition/order.ts';
import { svg } from '../../../../src/bundle/transition/svg.ts';
import { part, states, unitsOf } from './parts.ts';

const old = [part('boot', '1.0.0'), part('kernel', '1.0.0')];
const fresh = [part('boot', '2.0.0'), part('kernel', '2.0.0', { boot: '>=2' })];
const units = unitsOf(['boot'], ['kernel']);
const graph = () => {
  const all = states(old, fresh, units);
  return graphOf(units, all, safeOrder(units, [all])) ?? expect.fail('too large');
};

test('every state that works, the steps, the refused ones, and the chosen way', () => {
  expect(mermaid(graph())).toBe(`flowchart TD
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

test('the same as a picture: a row for each number of steps, the steps between them, the chosen ones apart', () => {
  const text = svg(graph());
  const boxes = [
    ...text.matchAll(/<rect class="(\w*)" rx="\d+" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"/g),
  ].map(([, kind, x, y, width]) => ({ kind, x: Number(x), y: Number(y), end: Number(x) + Number(width) }));
  expect(boxes.map(({ kind }) => kind)).toEqual(['chosen', 'chosen', 'refused', 'chosen']);
  const [first, boot, kernel, all] = boxes.map((box) => box ?? expect.fail('no box'));
  expect(boot?.y).toBe(kernel?.y);
  expect(first?.y).toBeLessThan(boot?.y ?? 0);
  expect(boot?.y).toBeLessThan(all?.y ?? 0);
  expect(boot?.end).toBeLessThan(kernel?.x ?? 0);
  const steps = [...text.matchAll(/<path class="(\w*)" marker-end[^>]+ d="M([\d.]+) /g)].map(
    ([, kind]) => kind,
  );
  expect(steps).toEqual(['chosen', 'refused', 'chosen']);
  expect(text.match(/<text class="step"[^>]*>(\w+)</g)).toHaveLength(3);
  expect(text).not.toMatch(/NaN|Infinity|<script|href/);
  const width = Number(/viewBox="0 0 ([\d.]+)/.exec(text)?.[1]);
  expect(Math.max(...boxes.map(({ end }) => end))).toBeLessThan(width);
});

test('more states than a picture can show give none', () => {
  const many = Array.from({ length: 9 }, (_, index) => part(`p${index}`, '1.0.0'));
  const steps = unitsOf(...many.map(({ name }) => [name]));
  expect(graphOf(steps, states(many, many, steps))).toBeUndefined();
  const fewer = graphOf(steps.slice(0, 8), states(many.slice(0, 8), many.slice(0, 8), steps.slice(0, 8)));
  expect(fewer?.nodes).toHaveLength(256);
});
