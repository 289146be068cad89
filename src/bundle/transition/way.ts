import type { Name } from '../../core/names.ts';
import type { Base } from './cases.ts';
import { type Obstacle, type OrderedRelease, obstacle } from './obstacle.ts';

/** A release that devices may have or be given. */
export interface Stop extends Base {
  readonly parts: OrderedRelease;
}

/** How devices of one hardware get from a release to another. */
export type Way =
  | { readonly from: Stop; readonly hardware: Name; readonly hops: readonly Stop[] }
  | {
      readonly from: Stop;
      readonly hardware: Name;
      /** Why they do not get there: what keeps them from it, and from each release that leads to it. */
      readonly stranded: readonly { readonly to: Stop; readonly obstacle: Obstacle }[];
    };

/**
 * Where a device goes next that is given a release: to it, where nothing is in the way, else to the last of the releases to pass
 * through that it can install. One that is among these goes only to later ones, so that it arrives or stops.
 *
 * @param through in the order in which they are passed
 */
export function nextStop(from: Stop, to: Stop, through: readonly Stop[], hardware: Name): Stop | undefined {
  if (obstacle(from, to.parts, hardware) === undefined) return to;
  const passed = through.findIndex(({ label }) => label === from.label) + 1;
  return through.slice(passed).findLast((stop) => obstacle(from, stop.parts, hardware) === undefined);
}

/** The way that devices take by `nextStop`, from one release, for each hardware that it is for. */
export function waysFrom(from: Stop, to: Stop, through: readonly Stop[]): readonly Way[] {
  return from.parts.hardware.map((hardware): Way => {
    const hops: Stop[] = [];
    let at = from;
    while (at.label !== to.label) {
      const next = nextStop(at, to, through, hardware);
      if (next === undefined) return { from, hardware, stranded: obstacles(from, to, through, hardware) };
      hops.push(next);
      at = next;
    }
    return { from, hardware, hops };
  });
}

const obstacles = (from: Stop, to: Stop, through: readonly Stop[], hardware: Name) =>
  [to, ...through]
    .filter(({ label }) => label !== from.label)
    .flatMap((stop) => {
      const found = obstacle(from, stop.parts, hardware);
      return found ? [{ to: stop, obstacle: found }] : [];
    });

/**
 * The releases that some of `field` have to pass through on their way to `to`: those of the shortest ways, in the order of
 * `field`. Of ways that are equally short, the one whose first stop comes last in `field`.
 *
 * @param field releases that devices may have, the first published first
 * @param passable which of them may be passed through
 */
export function stopsOnTheWay(
  field: readonly Stop[],
  to: Stop,
  passable: (stop: Stop) => boolean = () => true,
): readonly Stop[] {
  const needed = new Set<Stop>();
  for (const hardware of new Set(field.flatMap(({ parts }) => parts.hardware))) {
    const next = shortestWays(
      field.filter(({ parts }) => parts.hardware.includes(hardware)),
      to,
      hardware,
      passable,
    );
    for (const stop of next.values()) if (stop !== to) needed.add(stop);
  }
  return field.filter((stop) => needed.has(stop));
}

/** For each release that leads to `to`, the next one on a shortest way. */
function shortestWays(
  field: readonly Stop[],
  to: Stop,
  hardware: Name,
  passable: (stop: Stop) => boolean,
): ReadonlyMap<Stop, Stop> {
  const next = new Map<Stop, Stop>();
  let arrived: readonly Stop[] = [to];
  while (arrived.length > 0) {
    const reached: Stop[] = [];
    for (const [index, from] of field.entries()) {
      if (next.has(from) || from.label === to.label) continue;
      // A device passes through releases in their order only.
      const stop = arrived.findLast(
        (one) => (one === to || field.indexOf(one) > index) && !obstacle(from, one.parts, hardware),
      );
      if (stop === undefined) continue;
      next.set(from, stop);
      if (passable(from)) reached.push(from);
    }
    arrived = reached;
  }
  return next;
}
