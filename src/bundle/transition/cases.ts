import type { Name } from '../../core/names.ts';
import type { Part } from './parts.ts';
import { type States, statesOf, type Unit } from './transition.ts';

/** A part of a release, and the hardware that has it; all of the release's where none is named. */
export interface ReleasePart extends Part {
  readonly hardware?: readonly Name[];
}

/** What a release is made of, as far as it matters to what can be installed when. A manifest is one. */
export interface ReleaseParts {
  readonly hardware: readonly Name[];
  readonly components: readonly ReleasePart[];
  /** What stands in the device and is never updated. */
  readonly fixed: readonly Omit<ReleasePart, 'requires'>[];
}

/** A release, or a state between two, that a device may come from. */
export interface Base {
  /** Names it in messages, as in `2.3.0`. */
  readonly label: string;
  readonly parts: ReleaseParts;
}

/** All that stands in a device of this hardware once a release is installed. */
export const partsFor = ({ components, fixed }: ReleaseParts, hardware: Name): readonly Part[] =>
  [...components, ...fixed.map((part) => ({ ...part, requires: {} }))].filter(
    (part) => part.hardware?.includes(hardware) ?? true,
  );

/**
 * Every way to a release: from each base, on each hardware that both are for.
 */
export function casesOf(
  release: ReleaseParts,
  bases: readonly Base[],
  units: readonly Unit[],
): readonly States[] {
  return bases.flatMap(({ label, parts }) =>
    release.hardware
      .filter((hardware) => parts.hardware.includes(hardware))
      .map((hardware) => {
        const from = release.hardware.length > 1 ? `${label} on ${hardware}` : label;
        const fresh = partsFor(release, hardware);
        // A step installs nothing of what is for other hardware.
        const steps = units.map(({ names }) => ({
          names: names.filter((name) => fresh.some((part) => part.name === name)),
        }));
        return statesOf({ from, old: partsFor(parts, hardware), new: fresh }, steps);
      }),
  );
}
