import { OtaError } from '../../core/errors.ts';
import { type Orderable, preferredSteps, type Step } from '../order.ts';
import { casesOf, type ReleaseParts } from './cases.ts';
import { deadlockOf } from './deadlock.ts';
import { deadlockFaults, deadlockRemedies, deadlockState } from './explain.ts';
import { type OrderedPart, obstacle, unsafeState } from './obstacle.ts';
import { safeOrder } from './order.ts';
import type { States } from './transition.ts';
import type { Stop } from './way.ts';

/** An order that is safe, and for whom. */
export interface Proof<T> {
  readonly steps: readonly Step<T>[];
  /** Bases from which it is not, and that can be left by way of another base. */
  readonly detours: readonly Detour[];
}

export interface Detour {
  readonly from: Stop;
  readonly by: Stop;
}

/**
 * The steps of a release in an order in which every state that a device passes through works, whichever of the bases it comes
 * from. A base that no common order is safe from may be left by way of another. Without bases, the preferred order.
 *
 * @throws OtaError `order-unsafe` with what deadlocks, where, and what would resolve it; `plan-too-large`
 */
export function proveOrder<T extends Orderable & OrderedPart>(
  release: ReleaseParts & { readonly components: readonly T[] },
  bases: readonly Stop[],
): Proof<T> {
  const preferred = preferredSteps(release.components);
  const detours: Detour[] = [];
  let direct = bases;
  for (;;) {
    const cases = casesOf(release, direct, preferred);
    const order = safeOrder(preferred, cases);
    if (order) {
      const steps = order as readonly Step<T>[];
      return { steps, detours: needed(detours, release, steps) };
    }
    const detour = detourAmong(direct);
    if (!detour) throw explained(preferred, cases);
    detours.push(detour);
    direct = direct.filter((base) => base !== detour.from);
  }
}

/** Those of the detours that start where the order is not safe from. */
function needed<T extends Orderable & OrderedPart>(
  detours: readonly Detour[],
  release: ReleaseParts,
  steps: readonly Step<T>[],
): readonly Detour[] {
  const ordered = { ...release, components: steps.flatMap(({ components }) => components) };
  return detours.filter(({ from }) =>
    release.hardware.some(
      (hardware) => from.parts.hardware.includes(hardware) && unsafeState(from, ordered, hardware),
    ),
  );
}

/** The first base whose devices can all be given another of the bases instead. */
function detourAmong(bases: readonly Stop[]): Detour | undefined {
  for (const from of bases) {
    const by = bases.findLast(
      (other) =>
        other !== from &&
        from.parts.hardware.every((hardware) => obstacle(from, other.parts, hardware) === undefined),
    );
    if (by) return { from, by };
  }
  return undefined;
}

function explained(steps: readonly Step<unknown>[], cases: readonly States[]): OtaError {
  const stuck = cases.find((one) => safeOrder(steps, [one]) === undefined);
  return stuck ? deadlock(steps, stuck) : noCommonOrder(steps, cases);
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
