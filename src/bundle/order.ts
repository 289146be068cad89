import { DOMAINS, type Domain, type Name } from '../core/names.ts';

/** What the order depends on. */
export interface Orderable {
  readonly name: Name;
  readonly domain: Domain;
  readonly provides: Readonly<Record<string, string>>;
  readonly requires: Readonly<Record<string, string>>;
  /** Components of one group are switched at once. */
  readonly group?: Name;
  /** A hint: of two that could be next, the one with the lower number. */
  readonly order?: number;
}

/** What is installed in one step: a component alone, or all of a group. */
export interface Step<T> {
  readonly names: readonly Name[];
  readonly components: readonly T[];
}

/**
 * The steps of a release in the order that is preferred: each after those that it requires, by name or through an interface;
 * where that leaves a choice, by the hints, then by domain (bootloader, os, app, coprocessor), then by name. Where
 * components require each other in a circle, the circle is entered at the one that would be first without it. What no component
 * of the release is or provides has no part in the order.
 */
export function preferredSteps<T extends Orderable>(components: readonly T[]): readonly Step<T>[] {
  const waiting = groups(components);
  const needs = new Map(waiting.map((step) => [step, requiredBy(step, waiting)]));
  const steps: Step<T>[] = [];
  while (waiting.length > 0) {
    const free = waiting.findIndex((step) => needs.get(step)?.every((need) => steps.includes(need)));
    steps.push(...waiting.splice(Math.max(free, 0), 1));
  }
  return steps;
}

/** The steps, sorted as if nothing required anything. */
function groups<T extends Orderable>(components: readonly T[]): Step<T>[] {
  const byGroup = new Map<string, T[]>();
  for (const component of [...components].sort(byPreference)) {
    const key = component.group === undefined ? `component ${component.name}` : `group ${component.group}`;
    byGroup.set(key, [...(byGroup.get(key) ?? []), component]);
  }
  return [...byGroup.values()].map((members) => ({
    names: members.map(({ name }) => name),
    components: members,
  }));
}

const requiredBy = <T extends Orderable>(step: Step<T>, all: readonly Step<T>[]): readonly Step<T>[] => {
  const wanted = new Set(step.components.flatMap(({ requires }) => Object.keys(requires)));
  return all.filter(
    (other) =>
      other !== step &&
      other.components.some(
        ({ name, provides }) => wanted.has(name) || Object.keys(provides).some((offer) => wanted.has(offer)),
      ),
  );
};

function byPreference(a: Orderable, b: Orderable): number {
  const hints = (a.order ?? 0) - (b.order ?? 0);
  if (hints !== 0) return hints;
  const domains = DOMAINS.indexOf(a.domain) - DOMAINS.indexOf(b.domain);
  if (domains !== 0) return domains;
  return a.name < b.name ? -1 : 1;
}
