import type { Name } from '../../core/names.ts';
import { reachable } from './order.ts';
import type { Part, Unmet } from './parts.ts';
import type { Done, States, Unit } from './transition.ts';

/** Sets of units that are looked at for one that resolves a deadlock: all of those of 17 units. */
const MAX_SETS = 2 ** 17;

/** Why there is no order: where every order comes to an end, and what holds each next step back. */
export interface Deadlock {
  /** The transition that it was found in. */
  readonly from: string;
  /** The parts that are installed there, new ones and old ones. */
  readonly state: readonly (Part & { readonly installed: 'old' | 'new' })[];
  /** Each step that is left, and the requirements that it would break. */
  readonly blocked: readonly { readonly install: readonly Name[]; readonly breaks: readonly Broken[] }[];
  /** The smallest set of components that, switched at once, leads on to the end. */
  readonly group: readonly Name[];
}

export interface Broken extends Unmet {
  /** Whether the requirement is of a part that this release brings, and whose range can still be changed. */
  readonly of: 'old' | 'new';
}

/** Explains one transition in which `safeOrder` has found no order. */
export function deadlockOf(units: readonly Unit[], states: States): Deadlock {
  const seen = reachable(units, [states]);
  const done = furthest(seen);
  const left = units.map((_, index) => index).filter((index) => (done & (2 ** index)) === 0);
  return {
    from: states.transition.from,
    state: states.partsAt(done).map((part) => ({ ...part, installed: sideOf(part, states) })),
    blocked: left.map((index) => ({
      install: units[index]?.names ?? [],
      breaks: broken(states, done, done | (2 ** index)),
    })),
    group: smallestGroup(units, states, done),
  };
}

/** The state with the most units installed; of several the one that installs the earlier units. */
function furthest(states: Iterable<Done>): Done {
  let best = 0;
  for (const state of states) {
    const more = bits(state) - bits(best);
    if (more > 0 || (more === 0 && state < best)) best = state;
  }
  return best;
}

function bits(state: Done): number {
  let count = 0;
  for (let rest = state; rest > 0; rest &= rest - 1) count += 1;
  return count;
}

const sideOf = (part: Part, { transition }: States): 'old' | 'new' =>
  transition.new.includes(part) ? 'new' : 'old';

/** What does not hold after a step; the state before it is safe, or is what the device came with. */
function broken(states: States, before: Done, after: Done): readonly Broken[] {
  const known = new Set(states.unmetAt(before).map(keyOf));
  const parts = states.partsAt(after);
  const faults = states.unmetAt(after).map((item) => {
    const owner = parts.find(({ name }) => name === item.part) as Part;
    return { ...item, of: sideOf(owner, states) };
  });
  const fresh = faults.filter((item) => !known.has(keyOf(item)));
  return fresh.length > 0 ? fresh : faults;
}

const keyOf = ({ part, version, requires, range }: Unmet): string =>
  JSON.stringify([part, version, requires, range]);

/**
 * Sets of the units that are left, by size; the first after which the rest can be installed one by one. None where more than 2^17 sets
 * would have to be looked at.
 */
function smallestGroup(units: readonly Unit[], states: States, done: Done): readonly Name[] {
  const left = units.map((_, index) => index).filter((index) => (done & (2 ** index)) === 0);
  const all = 2 ** units.length - 1;
  // What can follow a state does not depend on how it was reached: none is looked at twice.
  const hopeless = new Set<Done>();
  const leadsOn = (from: Done): boolean => {
    if (hopeless.has(from)) return false;
    const found = new Set<Done>([from]);
    for (const state of found) {
      if (state === all) return true;
      for (const index of left) {
        const next = state | (2 ** index);
        if (!found.has(next) && !hopeless.has(next) && states.isSafe(next)) found.add(next);
      }
    }
    for (const state of found) hopeless.add(state);
    return false;
  };
  let looked = 0;
  for (let size = 2; size <= left.length; size++) {
    for (const chosen of combinations(left, size)) {
      if (++looked > MAX_SETS) return [];
      const next = chosen.reduce((state, index) => state | (2 ** index), done);
      if (states.isSafe(next) && leadsOn(next)) return chosen.flatMap((index) => units[index]?.names ?? []);
    }
  }
  return [];
}

function* combinations(items: readonly number[], size: number, start = 0): Generator<readonly number[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let index = start; index <= items.length - size; index++) {
    for (const rest of combinations(items, size - 1, index + 1)) yield [items[index] as number, ...rest];
  }
}
