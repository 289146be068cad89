import type { Name } from '../../core/names.ts';
import { inRange, offered, type Part, requirementsOf, type Unmet, unmet } from './parts.ts';

/** Components that are switched at once: one alone, or all of a group. */
export interface Unit {
  /** None on hardware that has nothing of it. */
  readonly names: readonly Name[];
}

/**
 * Units that have been installed, as bits: bit i is `units[i]`. At most `MAX_UNITS`.
 */
export type Done = number;

/** The bits of a 32-bit whole number that stay positive. */
export const MAX_UNITS = 30;

/** From what a device may hold to a release. */
export interface Transition {
  /** Names it in messages, as in `2.3.0 on gw-a1`. */
  readonly from: string;
  readonly old: readonly Part[];
  readonly new: readonly Part[];
}

/** Tells which states of one transition work. */
export interface States {
  readonly transition: Transition;
  /** Whether all requirements hold once these units are installed; what a device has before is not judged. */
  readonly isSafe: (done: Done) => boolean;
  /** The parts that are there then. */
  readonly partsAt: (done: Done) => readonly Part[];
  /** What does not hold then; nothing in a state that is safe. */
  readonly unmetAt: (done: Done) => readonly Unmet[];
}

/** Where in the states something is there: in those with `(done & mask) === value`. */
interface Presence {
  readonly mask: Done;
  readonly value: Done;
}

interface Requirement {
  readonly owner: Presence;
  readonly providers: readonly (Presence & { readonly fits: boolean })[];
}

const ALWAYS: Presence = { mask: 0, value: 0 };

/**
 * Prepares the states between an old set of components and a new one. What is new and in no unit is never updated: it stands
 * there all the time. What the new release no longer has keeps offering what it offers until all is installed, and its own
 * requirements count no longer: the release says that nothing needs it.
 */
export function statesOf(transition: Transition, units: readonly Unit[]): States {
  const unitOf = new Map(units.flatMap(({ names }, index) => names.map((name) => [name, index] as const)));
  const all = units.reduce((bits, { names }, index) => (names.length === 0 ? bits : bits | (2 ** index)), 0);
  const isAll = (done: Done) => (done & all) === all;
  const fixed = new Set(transition.new.map(({ name }) => name).filter((name) => !unitOf.has(name)));
  const placed = [
    ...transition.old
      .filter(({ name }) => !fixed.has(name))
      .map((part) => ({
        part,
        at: presence(unitOf.get(part.name), 0),
        retired: !unitOf.has(part.name),
      })),
    ...transition.new.map((part) => ({ part, at: presence(unitOf.get(part.name), 1), retired: false })),
  ];
  const requirements = (among: typeof placed): readonly Requirement[] =>
    among.flatMap(({ part, at, retired }) =>
      retired
        ? []
        : requirementsOf(part).map(([name, range]) => ({
            owner: at,
            providers: among.flatMap((other) => {
              const version = offered(other.part, name);
              return version === undefined ? [] : [{ ...other.at, fits: inRange(version, range) }];
            }),
          })),
    );
  const between = requirements(placed);
  const after = requirements(placed.filter(({ retired }) => !retired));
  const thereAt = (done: Done) =>
    placed.filter(({ at, retired }) => isThere(at, done) && !(retired && isAll(done)));
  const partsOf = (among: typeof placed) => among.map(({ part }) => part);
  return {
    transition,
    isSafe: (done) =>
      (done & all) === 0 || (isAll(done) ? after : between).every((item) => holds(item, done)),
    partsAt: (done) => partsOf(thereAt(done)),
    unmetAt: (done) => {
      const there = thereAt(done);
      return unmet(partsOf(there), partsOf(there.filter(({ retired }) => !retired)));
    },
  };
}

const presence = (unit: number | undefined, bit: 0 | 1): Presence =>
  unit === undefined ? ALWAYS : { mask: 2 ** unit, value: bit * 2 ** unit };

const isThere = ({ mask, value }: Presence, done: Done): boolean => (done & mask) === value;

function holds({ owner, providers }: Requirement, done: Done): boolean {
  if (!isThere(owner, done)) return true;
  let met = false;
  for (const provider of providers) {
    if (!isThere(provider, done)) continue;
    if (!provider.fits) return false;
    met = true;
  }
  return met;
}
