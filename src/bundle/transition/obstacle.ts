import type { Name } from '../../core/names.ts';
import { type Base, partsFor, type ReleasePart, type ReleaseParts } from './cases.ts';
import type { Unmet } from './parts.ts';
import { statesOf, type Unit } from './transition.ts';

/** A component where the order of installing is decided. */
export interface OrderedPart extends ReleasePart {
  readonly counter: number;
  /** Components of one group stand one after the other, and are switched at once. */
  readonly group?: Name;
}

/** A release whose components stand in the order of installing. A manifest is one. */
export interface OrderedRelease extends ReleaseParts {
  readonly components: readonly OrderedPart[];
}

/** Why a device cannot go from what it has to a release. */
export type Obstacle =
  | { readonly kind: 'hardware' }
  | { readonly kind: 'counter'; readonly lower: readonly LowerCounter[] }
  | {
      /** A state in between, or the last one, does not work. */
      readonly kind: 'state';
      /** What is installed of the release then. */
      readonly installed: readonly Name[];
      readonly unmet: readonly Unmet[];
    };

export interface LowerCounter {
  readonly component: Name;
  readonly counter: number;
  /** What the device has seen. */
  readonly seen: number;
}

/** The steps of a release on some hardware or on all, in its order: a component alone, or all of a group. */
export function unitsFor({ components }: OrderedRelease, hardware?: Name): readonly Unit[] {
  const units: { readonly names: Name[]; readonly group: Name | undefined }[] = [];
  for (const { name, group, hardware: some } of components) {
    if (some && hardware !== undefined && !some.includes(hardware)) continue;
    const last = units.at(-1);
    if (last && group !== undefined && last.group === group) last.names.push(name);
    else units.push({ names: [name], group });
  }
  return units;
}

/**
 * What keeps a device with one release from another, whose order is decided: that it is not for its hardware, a security
 * counter, or the first state on the way that does not work. `undefined` where nothing does.
 */
export function obstacle(
  from: Base & { readonly parts: OrderedRelease },
  to: OrderedRelease,
  hardware: Name,
): Obstacle | undefined {
  if (!to.hardware.includes(hardware)) return { kind: 'hardware' };
  const lower = lowerCounters(from.parts, to, hardware);
  if (lower.length > 0) return { kind: 'counter', lower };
  return unsafeState(from, to, hardware);
}

const lowerCounters = (from: OrderedRelease, to: OrderedRelease, hardware: Name): readonly LowerCounter[] =>
  to.components
    .filter((part) => part.hardware?.includes(hardware) ?? true)
    .flatMap(({ name, counter }) => {
      const seen = from.components.find((part) => part.name === name)?.counter ?? 0;
      return seen > counter ? [{ component: name, counter, seen }] : [];
    });

/**
 * The first state that does not work when a release is installed in its order over what is there.
 */
export function unsafeState(from: Base, to: OrderedRelease, hardware: Name): Obstacle | undefined {
  const units = unitsFor(to, hardware);
  const states = statesOf(
    { from: from.label, old: partsFor(from.parts, hardware), new: partsFor(to, hardware) },
    units,
  );
  let done = 0;
  for (const index of units.keys()) {
    done |= 2 ** index;
    if (states.isSafe(done)) continue;
    const installed = units.slice(0, index + 1).flatMap(({ names }) => names);
    return { kind: 'state', installed, unmet: states.unmetAt(done) };
  }
  return undefined;
}
