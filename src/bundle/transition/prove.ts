import { OtaError } from '../../core/errors.ts';
import { type Orderable, preferredSteps, type Step } from '../order.ts';
import { type Base, casesOf, type ReleasePart, type ReleaseParts } from './cases.ts';
import { deadlockOf } from './deadlock.ts';
import { deadlockFaults, deadlockRemedies, deadlockState } from './explain.ts';
import { safeOrder } from './order.ts';
import type { States } from './transition.ts';

/**
 * The steps of a release in an order in which every state that a device passes through works, whichever of the bases it comes
 * from. Without bases, the preferred order.
 *
 * @throws OtaError `order-unsafe` with what deadlocks, where, and what would resolve it; `plan-too-large`
 */
export function proveOrder<T extends Orderable & ReleasePart>(
  release: ReleaseParts & { readonly components: readonly T[] },
  bases: readonly Base[],
): readonly Step<T>[] {
  const preferred = preferredSteps(release.components);
  const cases = casesOf(release, bases, preferred);
  const order = safeOrder(preferred, cases);
  if (order) return order as readonly Step<T>[];
  const stuck = cases.find((one) => safeOrder(preferred, [one]) === undefined);
  throw stuck ? deadlock(preferred, stuck) : noCommonOrder(preferred, cases);
}

function deadlock(steps: readonly Step<unknown>[], states: States): OtaError {
  const found = deadlockOf(steps, states);
  return new OtaError(
    'order-unsafe',
    `no order to install in works in every state: ${deadlockState(found)}`,
    {
      where: states.transition.from,
      faults: deadlockFaults(found),
      hint: `Any of these resolves it: ${deadlockRemedies(found).join('; ')}.`,
    },
  );
}

/** Each base has an order of its own, and no order is all of theirs. */
function noCommonOrder(steps: readonly Step<unknown>[], cases: readonly States[]): OtaError {
  return new OtaError('order-unsafe', 'no one order to install in works from all releases in the field', {
    faults: cases.map((one) => ({
      where: one.transition.from,
      message: `works with ${(safeOrder(steps, [one]) ?? []).map(({ names }) => names.join(' and ')).join(', ')}`,
    })),
    hint: 'Widen a requirement, put components into a group, or publish an intermediate release for some of them.',
  });
}
