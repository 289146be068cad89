import { describe, expect, test } from 'vitest';
import { deadlockOf } from '../../../../src/bundle/transition/deadlock.ts';
import {
  deadlockFaults,
  deadlockRemedies,
  deadlockState,
} from '../../../../src/bundle/transition/explain.ts';
import { safeOrder } from '../../../../src/bundle/transition/order.ts';
import { part, states, unitsOf } from './parts.ts';

const boot = part('boot', '2.0.0');
const old = [
  part('boot', '1.0.0'),
  part('linux', '1.0.0', { rpmsg: '^1' }),
  part('rtos', '1.0.0', {}, { rpmsg: '1.0.0' }),
];
const fresh = [
  boot,
  part('linux', '2.0.0', { rpmsg: '^2', boot: '>=2' }),
  part('rtos', '2.0.0', {}, { rpmsg: '2.0.0' }),
];
const units = unitsOf(['boot'], ['linux'], ['rtos']);

describe('two components that each need the other at once', () => {
  const deadlock = deadlockOf(units, states(old, fresh, units));

  test('the state that nothing leads out of, and what each step would break', () => {
    expect(deadlockState(deadlock)).toBe('coming from 1.0.0, nothing can follow boot 2.0.0');
    expect(deadlockFaults(deadlock)).toEqual([
      { where: 'install linux', message: 'linux 2.0.0 requires rpmsg ^2, and finds 1.0.0 by rtos' },
      { where: 'install rtos', message: 'linux 1.0.0 requires rpmsg ^1, and finds 2.0.0 by rtos' },
    ]);
  });

  test('what would resolve it, and each of these does', () => {
    expect(deadlockRemedies(deadlock)).toEqual([
      'switch linux and rtos at once: give them the same group',
      'let linux accept rpmsg 1.0.0 as well as ^2',
      'publish an intermediate release whose linux accepts rpmsg 2.0.0, as 1.0.0 does not',
    ]);
    const grouped = unitsOf(['boot'], ['linux', 'rtos']);
    expect(safeOrder(grouped, [states(old, fresh, grouped)])).toBeDefined();
    const wider = [boot, part('linux', '2.0.0', { rpmsg: '^1 || ^2', boot: '>=2' }), ...fresh.slice(2)];
    expect(safeOrder(units, [states(old, wider, units)])).toBeDefined();
    const between = [old[0] ?? boot, part('linux', '1.5.0', { rpmsg: '^1 || ^2' }), ...old.slice(2)];
    expect(safeOrder(units, [states(old, between, units)])).toBeDefined();
    expect(safeOrder(units, [states(between, fresh, units)])).toBeDefined();
  });
});

test('the group is the smallest that leads on, whatever else is left', () => {
  const more = [...old, part('app', '1.0.0', { linux: '<2' })];
  const newer = [...fresh, part('app', '2.0.0', { linux: '>=1' })];
  const steps = unitsOf(['boot'], ['linux'], ['rtos'], ['app']);
  expect(deadlockOf(steps, states(more, newer, steps)).group).toEqual(['linux', 'rtos']);
});

test('a device that nothing can be installed on first', () => {
  const stuck = [part('a', '1.0.0', { b: '<2' }), part('b', '1.0.0', { a: '<2' })];
  const next = [part('a', '2.0.0'), part('b', '2.0.0')];
  const steps = unitsOf(['a'], ['b']);
  const deadlock = deadlockOf(steps, states(stuck, next, steps));
  expect(deadlockState(deadlock)).toBe('coming from 1.0.0, no component can be the first');
  expect(deadlockRemedies(deadlock)).toEqual([
    'switch a and b at once: give them the same group',
    'publish an intermediate release whose b accepts a 2.0.0, as 1.0.0 does not',
    'publish an intermediate release whose a accepts b 2.0.0, as 1.0.0 does not',
  ]);
});

test('what is required and not there at all', () => {
  const plain = [part('a', '1.0.0', { bus: '<2' }), part('b', '1.0.0', {}, { bus: '1.0.0' })];
  const moved = [
    part('a', '2.0.0', { bus: '>=2' }),
    part('b', '2.0.0'),
    part('c', '1.0.0', {}, { bus: '2.0.0' }),
  ];
  const steps = unitsOf(['a'], ['b'], ['c']);
  const faults = deadlockFaults(deadlockOf(steps, states(plain, moved, steps)));
  expect(faults).toContainEqual({
    where: 'install b',
    message: 'a 1.0.0 requires bus <2, and nothing there offers it',
  });
});
