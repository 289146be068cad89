import { OtaError } from '../../core/errors.ts';
import { type Done, MAX_UNITS, type States, type Unit } from './transition.ts';

/** States that a search looks at: all of those of 20 units, and of more where their requirements leave little choice. */
const MAX_STATES = 2 ** 20;

/**
 * The first order, by the order in which the units are given, in which every state of every transition works, the one
 * before the first unit aside: that is what the device has. `undefined` where there is none.
 *
 * Exact: it tries every order that could be one. A state is looked at once, since what can follow it does not depend on how it
 * was reached.
 *
 * @throws OtaError `plan-too-large`
 */
export function safeOrder(units: readonly Unit[], cases: readonly States[]): readonly Unit[] | undefined {
  checkSize(units);
  const all = 2 ** units.length - 1;
  const hopeless = new Set<Done>();
  const order: Unit[] = [];
  const extend = (done: Done): boolean => {
    if (done === all) return true;
    for (const [index, unit] of units.entries()) {
      const next = done | (2 ** index);
      if (next === done || hopeless.has(next)) continue;
      order.push(unit);
      if (cases.every(({ isSafe }) => isSafe(next)) && extend(next)) return true;
      order.pop();
      addBounded(hopeless, next);
    }
    return false;
  };
  return extend(0) ? order : undefined;
}

/** Every state that can be reached through states that work, from the first on. @throws OtaError `plan-too-large` */
export function reachable(units: readonly Unit[], cases: readonly States[]): ReadonlySet<Done> {
  checkSize(units);
  const found = new Set<Done>([0]);
  for (const done of found) {
    for (const index of units.keys()) {
      const next = done | (2 ** index);
      if (!found.has(next) && cases.every(({ isSafe }) => isSafe(next))) addBounded(found, next);
    }
  }
  return found;
}

function addBounded(states: Set<Done>, state: Done): void {
  if (states.size >= MAX_STATES) throw tooLarge(`more than ${MAX_STATES} states`);
  states.add(state);
}

function checkSize(units: readonly Unit[]): void {
  if (units.length > MAX_UNITS) throw tooLarge(`${units.length} steps, more than ${MAX_UNITS}`);
}

const tooLarge = (what: string): OtaError =>
  new OtaError('plan-too-large', `the order to install in cannot be proved: ${what}`, {
    hint: 'Put components that always change together into a group, so that there are fewer steps.',
  });
