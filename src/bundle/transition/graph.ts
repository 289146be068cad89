import { reachable } from './order.ts';
import type { Done, States, Unit } from './transition.ts';

/** States that a picture can still show. */
const MAX_DRAWN = 256;

/** What a picture of a transition shows. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface GraphNode {
  readonly state: Done;
  /** Units that are installed in it. */
  readonly depth: number;
  readonly lines: readonly string[];
  readonly works: boolean;
  /** The order of installing passes through it. */
  readonly chosen: boolean;
}

export interface GraphEdge {
  readonly from: Done;
  readonly to: Done;
  /** The components that are installed. */
  readonly step: string;
  /** Whether it leads to a state that works. */
  readonly works: boolean;
}

/**
 * The states of one transition: those that work and can be reached, the steps between them, and each step that would lead to one that
 * does not work. The states of `order` stand out.
 *
 * @returns `undefined` where there are more than 256 that work
 */
export function graphOf(
  units: readonly Unit[],
  states: States,
  order: readonly Unit[] = [],
): Graph | undefined {
  const found = [...reachable(units, [states])].sort((a, b) => a - b);
  if (found.length > MAX_DRAWN) return undefined;
  const path = new Set(order.length === 0 ? [] : pathOf(units, order));
  const edges: GraphEdge[] = [];
  const refused = new Set<Done>();
  for (const from of found) {
    for (const [index, unit] of units.entries()) {
      const to = from | (2 ** index);
      if (to === from) continue;
      const works = states.isSafe(to);
      if (!works) refused.add(to);
      edges.push({ from, to, step: unit.names.join(', '), works });
    }
  }
  const node = (state: Done, works: boolean): GraphNode => ({
    state,
    depth: units.filter((_, index) => (state & (2 ** index)) !== 0).length,
    lines: linesOf(units, state, states),
    works,
    chosen: path.has(state),
  });
  return {
    nodes: [...found.map((state) => node(state, true)), ...[...refused].map((state) => node(state, false))],
    edges,
  };
}

function linesOf(units: readonly Unit[], state: Done, { transition }: States): readonly string[] {
  if (state === 0) return [`from ${transition.from}`];
  if (state === 2 ** units.length - 1) return ['all installed'];
  const names = units.flatMap((unit, index) => ((state & (2 ** index)) === 0 ? [] : unit.names));
  return names.map((name) => `${name} new`);
}

function pathOf(units: readonly Unit[], order: readonly Unit[]): readonly Done[] {
  const path: Done[] = [0];
  for (const unit of order) path.push((path.at(-1) ?? 0) | (2 ** units.indexOf(unit)));
  return path;
}
