import type { Graph } from './graph.ts';

/** A graph as a Mermaid flowchart. */
export function mermaid({ nodes, edges }: Graph): string {
  const label = (lines: readonly string[]) => lines.join('<br>');
  const chosen = nodes.filter((node) => node.chosen).map(({ state }) => `s${state}`);
  return `${[
    'flowchart TD',
    ...nodes.filter(({ works }) => works).map(({ state, lines }) => `  s${state}["${label(lines)}"]`),
    ...edges.map(({ from, to, step, works }) => `  s${from} ${works ? '-->' : '-.->'}|"${step}"| s${to}`),
    ...nodes
      .filter(({ works }) => !works)
      .map(({ state, lines }) => `  s${state}(["${label(lines)}"]):::refused`),
    ...(chosen.length > 0 ? [`  class ${chosen.join(',')} chosen`] : []),
    '  classDef chosen stroke-width:3px',
    '  classDef refused stroke-dasharray:4 4',
  ].join('\n')}\n`;
}
