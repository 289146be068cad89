import { reachable } from './order.ts';
import type { Done, States, Unit } from './transition.ts';

/** States that a picture can still show. */
const MAX_DRAWN = 256;

/**
 * The states of one transition as a Mermaid flowchart: those that work and can be reached, the steps between them, and
 * each step that would lead to one that does not work. The states of `order` stand out.
 *
 * @returns `undefined` where there are more than 256
 */
export function mermaid(
  units: readonly Unit[],
  states: States,
  order: readonly Unit[] = [],
): string | undefined {
  const found = [...reachable(units, [states])].sort((a, b) => a - b);
  if (found.length > MAX_DRAWN) return undefined;
  const all = 2 ** units.length - 1;
  const lines = ['flowchart TD'];
  const refused = new Set<Done>();
  for (const state of found) lines.push(`  s${state}["${labelOf(units, state, all, states)}"]`);
  for (const state of found) {
    for (const [index, unit] of units.entries()) {
      const next = state | (2 ** index);
      if (next === state) continue;
      const step = unit.names.join(', ');
      if (states.isSafe(next)) lines.push(`  s${state} -->|"${step}"| s${next}`);
      else {
        refused.add(next);
        lines.push(`  s${state} -.->|"${step}"| s${next}`);
      }
    }
  }
  for (const state of refused) lines.push(`  s${state}(["${labelOf(units, state, all, states)}"]):::refused`);
  const path = pathOf(units, order);
  if (path.length > 1) lines.push(`  class ${path.map((state) => `s${state}`).join(',')} chosen`);
  lines.push('  classDef chosen stroke-width:3px', '  classDef refused stroke-dasharray:4 4');
  return `${lines.join('\n')}\n`;
}

function labelOf(units: readonly Unit[], state: Done, all: Done, { transition }: States): string {
  if (state === 0) return `from ${transition.from}`;
  if (state === all) return 'all installed';
  const names = units.flatMap((unit, index) => ((state & (2 ** index)) === 0 ? [] : unit.names));
  return names.map((name) => `${name} new`).join('<br>');
}

function pathOf(units: readonly Unit[], order: readonly Unit[]): readonly Done[] {
  const path: Done[] = [0];
  for (const unit of order) path.push((path.at(-1) ?? 0) | (2 ** units.indexOf(unit)));
  return path;
}
