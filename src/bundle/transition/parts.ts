import { satisfies } from 'semver';
import type { Name, Version } from '../../core/names.ts';

/** What one component is to the others: its version, what it offers and what it needs. */
export interface Part {
  readonly name: Name;
  readonly version: Version;
  /** Interfaces, each with its version. */
  readonly provides: Readonly<Record<Name, Version>>;
  /** Ranges of semantic versions, by the name of a component or an interface. */
  readonly requires: Readonly<Record<Name, string>>;
}

/** A requirement that does not hold among the parts that are there. */
export interface Unmet {
  /** Whose requirement it is. */
  readonly part: Name;
  readonly version: Version;
  readonly requires: Name;
  readonly range: string;
  /** What is there of that name and not in the range; nothing where nothing is. */
  readonly found: readonly Provider[];
}

/** A part that is what a requirement asks for, or provides it. */
export interface Provider {
  readonly part: Name;
  /** The version of the part or of the interface that is asked for. */
  readonly version: Version;
}

/** The version of `wanted` that a part is or provides. */
export function offered(part: Part, wanted: Name): Version | undefined {
  if (part.name === wanted) return part.version;
  return Object.hasOwn(part.provides, wanted) ? part.provides[wanted] : undefined;
}

/** Whether a version, which need not be a semantic one, is in a range. */
export const inRange = (version: Version, range: string): boolean => satisfies(version, range);

export const requirementsOf = (part: Part): readonly (readonly [Name, string])[] =>
  Object.entries(part.requires) as [Name, string][];

/**
 * The requirements that do not hold where exactly these parts are installed. One holds where something offers it and nothing
 * offers it out of range: of two that do, nobody knows which is met.
 *
 * @param asking the parts whose requirements count
 */
export function unmet(parts: readonly Part[], asking = parts): readonly Unmet[] {
  return asking.flatMap((part) =>
    requirementsOf(part).flatMap(([requires, range]) => {
      const found = parts.flatMap((other) => {
        const version = offered(other, requires);
        return version === undefined ? [] : [{ part: other.name, version }];
      });
      const wrong = found.filter(({ version }) => !inRange(version, range));
      if (found.length > 0 && wrong.length === 0) return [];
      return [{ part: part.name, version: part.version, requires, range, found: wrong }];
    }),
  );
}
