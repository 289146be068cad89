import type { Graph, GraphEdge, GraphNode } from './graph.ts';

const LINE = 16;
const CHARACTER = 7.2;
const [PADDING, GAP_X, GAP_Y, MARGIN] = [10, 28, 64, 16];

interface Box {
  readonly node: GraphNode;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const STYLE = `text{font:13px system-ui,sans-serif;fill:#222;text-anchor:middle}
.step{font-size:12px;fill:#555;stroke:#fff;stroke-width:4px;paint-order:stroke}
rect{fill:#f6f6f6;stroke:#666}path{fill:none;stroke:#888}.chosen{stroke:#0072b2;stroke-width:3}
.refused{stroke:#d55e00;stroke-dasharray:4 4}text.no{fill:#d55e00}#back{fill:#fff;stroke:none}
@media (prefers-color-scheme:dark){text{fill:#ddd}.step{fill:#bbb;stroke:#1a1a1a}rect{fill:#2a2a2a}#back{fill:#1a1a1a}
.chosen{stroke:#56b4e9}.refused{stroke:#e69f00}text.no{fill:#e69f00}}`;

/** A graph as a picture that loads nothing and runs nothing: a row for each number of steps, the first on top. */
export function svg(graph: Graph): string {
  const boxes = placed(graph.nodes);
  const at = new Map(boxes.map((box) => [box.node.state, box]));
  const right = Math.max(...boxes.map(({ x, width }) => x + width / 2)) + MARGIN;
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height)) + MARGIN;
  const chosen = graph.nodes.filter((node) => node.chosen).toSorted((a, b) => a.depth - b.depth);
  const isChosen = ({ from, to }: GraphEdge) =>
    chosen.some(({ state }, place) => state === from && chosen[place + 1]?.state === to);
  const edges = graph.edges.map((edge) => {
    const [from, to] = [at.get(edge.from) as Box, at.get(edge.to) as Box];
    return { edge, from, to, kind: edge.works ? (isChosen(edge) ? 'chosen' : '') : 'refused' };
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${fixed(right)}" height="${fixed(bottom)}" viewBox="0 0 ${fixed(right)} ${fixed(bottom)}" role="img">
<title>states of an update: solid steps lead to states that work, dashed ones do not</title>
<style>${STYLE}</style>
<defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8z" style="fill:#888;stroke:none"/></marker></defs>
<rect id="back" width="100%" height="100%"/>
${[
  ...edges.map(
    ({ from, to, kind }) =>
      `<path class="${kind}" marker-end="url(#end)" d="M${fixed(from.x)} ${fixed(from.y + from.height)} ${fixed(to.x)} ${fixed(to.y)}"/>`,
  ),
  // Nearer to where a step begins: there the steps that lead to one state are still apart.
  ...edges.map(
    ({ edge, from, to }) =>
      `<text class="step" x="${fixed(from.x * 0.6 + to.x * 0.4)}" y="${fixed((from.y + from.height) * 0.6 + to.y * 0.4 + 4)}">${edge.step}</text>`,
  ),
  ...boxes.flatMap(({ node, x, y, width, height }) => [
    `<rect class="${node.works ? (node.chosen ? 'chosen' : '') : 'refused'}" rx="${node.works ? 4 : 12}" x="${fixed(x - width / 2)}" y="${fixed(y)}" width="${fixed(width)}" height="${fixed(height)}"/>`,
    ...node.lines.map(
      (line, place) =>
        `<text${node.works ? '' : ' class="no"'} x="${fixed(x)}" y="${fixed(y + PADDING + LINE * (place + 0.75))}">${line}</text>`,
    ),
  ]),
].join('\n')}
</svg>
`;
}

/** Rows from the top, each in the middle of the widest. */
function placed(nodes: readonly GraphNode[]): readonly Box[] {
  const depths = [...new Set(nodes.map(({ depth }) => depth))].toSorted((a, b) => a - b);
  const rows = depths.map((depth) => nodes.filter((node) => node.depth === depth));
  const widthOf = ({ lines }: GraphNode) =>
    Math.max(...lines.map(({ length }) => length)) * CHARACTER + 2 * PADDING;
  const rowWidth = (row: readonly GraphNode[]) =>
    row.reduce((sum, node) => sum + widthOf(node), GAP_X * (row.length - 1));
  const widest = Math.max(...rows.map(rowWidth));
  const boxes: Box[] = [];
  let y = MARGIN;
  for (const row of rows) {
    let left = MARGIN + (widest - rowWidth(row)) / 2;
    const height = Math.max(...row.map(({ lines }) => lines.length)) * LINE + 2 * PADDING;
    for (const node of row) {
      const width = widthOf(node);
      boxes.push({ node, x: left + width / 2, y, width, height: node.lines.length * LINE + 2 * PADDING });
      left += width + GAP_X;
    }
    y += height + GAP_Y;
  }
  return boxes;
}

const fixed = (value: number): string => String(Number(value.toFixed(1)));
