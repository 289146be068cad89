import { describe, expect, test } from 'vitest';
import type { OrderedPart } from '../../../../src/bundle/transition/obstacle.ts';
import { proveOrder } from '../../../../src/bundle/transition/prove.ts';
import type { Name } from '../../../../src/core/names.ts';
import { refusal } from '../../../support/client.ts';
import { part, stop } from './parts.ts';

const release = (...components: readonly ReturnType<typeof part>[]) => ({
  hardware: ['gw' as Name],
  fixed: [],
  components: components.map((component) => ({ counter: 1, domain: 'os' as const, ...component })),
});

// The kernel of 1 does not start under a bootloader of 3, that of 2 does; that of 3 needs it.
const one = stop('1.0.0', [part('boot', '1.0.0'), part('kernel', '1.0.0', { boot: '<3' })]);
const two = stop('2.0.0', [part('boot', '2.0.0'), part('kernel', '2.0.0', { boot: '*' })]);
const three = release(part('boot', '3.0.0'), part('kernel', '3.0.0', { boot: '>=3' }));

describe('an order for all that devices may have', () => {
  test('leaves out what can be left by way of another, and nothing that it is safe from', () => {
    const early = stop('0.9.0', [part('boot', '0.9.0'), part('kernel', '0.9.0', { boot: '*' })]);
    const { steps, detours } = proveOrder(three, [early, one, two]);
    expect(steps.flatMap(({ names }) => names)).toEqual(['boot', 'kernel']);
    // 0.9.0 could be left by way of others as well, but need not be.
    expect(detours.map(({ from, by }) => [from.label, by.label])).toEqual([['1.0.0', '2.0.0']]);
  });

  test('is refused where what it is not safe from cannot be left', async () => {
    const error = await refusal(async () => proveOrder(three, [one]));
    expect(error).toMatchObject({ code: 'order-unsafe', exitCode: 3 });
  });

  test('is the preferred one where nothing is in the field', () => {
    const components: readonly OrderedPart[] = three.components;
    expect(proveOrder(three, []).steps.flatMap(({ names }) => names)).toEqual(
      components.map(({ name }) => name),
    );
  });
});
