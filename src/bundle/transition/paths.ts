/** A release that a device may hold or be given. */
export interface Stop {
  readonly id: string;
}

/** How a device gets from the release that it holds to the head of its channel. */
export type UpgradePath<T extends Stop> =
  | { readonly from: T; readonly hops: readonly T[] }
  | {
      readonly from: T;
      /** Why it gets nowhere: what keeps it from each release that the head can be reached from. */
      readonly stranded: readonly { readonly to: T; readonly reason: string }[];
    };

/**
 * The shortest way from every release to the head, hop by hop: each hop is an update that is allowed.
 *
 * @param refusal why a device with `from` cannot install `to`; `undefined` where it can
 */
export function upgradePaths<T extends Stop>(
  releases: readonly T[],
  head: T,
  refusal: (from: T, to: T) => string | undefined,
): readonly UpgradePath<T>[] {
  const next = new Map<T, T>();
  const arrived = new Set<T>([head]);
  for (const to of arrived) {
    for (const from of releases) {
      if (arrived.has(from) || refusal(from, to) !== undefined) continue;
      next.set(from, to);
      arrived.add(from);
    }
  }
  return releases.map((from) => {
    if (arrived.has(from)) return { from, hops: follow(from, next) };
    const stranded = [...arrived].map((to) => ({ to, reason: refusal(from, to) ?? '' }));
    return { from, stranded };
  });
}

function follow<T>(from: T, next: ReadonlyMap<T, T>): readonly T[] {
  const hops: T[] = [];
  for (let at = next.get(from); at !== undefined; at = next.get(at)) hops.push(at);
  return hops;
}
