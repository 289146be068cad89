import { DOMAINS, type Domain } from '../core/names.ts';

/** What the order depends on. */
export interface Orderable {
  readonly name: string;
  readonly domain: Domain;
  readonly provides: Readonly<Record<string, string>>;
  readonly requires: Readonly<Record<string, string>>;
}

/**
 * The order to install components in: each after those that it requires, by name or through an interface that they
 * provide; where that leaves a choice, by domain (bootloader, os, app, coprocessor), then by name. What no component of the
 * release is or provides has no part in the order.
 *
 * Gives the cycle, its first name repeated at the end, where there is no order.
 */
export function installOrder<T extends Orderable>(
  components: readonly T[],
): { readonly order: readonly T[] } | { readonly cycle: readonly string[] } {
  const needs = new Map(components.map((component) => [component, requiredBy(component, components)]));
  const order: T[] = [];
  const waiting = [...components].sort(byDomainThenName);
  while (waiting.length > 0) {
    const index = waiting.findIndex((component) =>
      needs.get(component)?.every((need) => order.includes(need)),
    );
    if (index < 0) return { cycle: cycleAmong(waiting, needs) };
    order.push(...waiting.splice(index, 1));
  }
  return { order };
}

const requiredBy = <T extends Orderable>(component: T, all: readonly T[]): readonly T[] =>
  all.filter((other) =>
    Object.keys(component.requires).some(
      (name) => name === other.name || Object.hasOwn(other.provides, name),
    ),
  );

function byDomainThenName(a: Orderable, b: Orderable): number {
  const domains = DOMAINS.indexOf(a.domain) - DOMAINS.indexOf(b.domain);
  if (domains !== 0) return domains;
  return a.name < b.name ? -1 : 1;
}

/** Each component that waits needs another that waits, so following the needs must come back to one already seen. */
function cycleAmong<T extends Orderable>(
  waiting: readonly T[],
  needs: ReadonlyMap<T, readonly T[]>,
): readonly string[] {
  const seen: T[] = [];
  let at = waiting[0];
  while (at !== undefined && !seen.includes(at)) {
    seen.push(at);
    at = needs.get(at)?.find((need) => waiting.includes(need));
  }
  return at === undefined ? [] : [...seen.slice(seen.indexOf(at)), at].map(({ name }) => name);
}
