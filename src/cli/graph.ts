import { partsFor } from '../bundle/transition/cases.ts';
import { graphOf } from '../bundle/transition/graph.ts';
import { mermaid } from '../bundle/transition/mermaid.ts';
import { unitsFor } from '../bundle/transition/obstacle.ts';
import { svg } from '../bundle/transition/svg.ts';
import { statesOf } from '../bundle/transition/transition.ts';
import { utf8 } from '../core/bytes.ts';
import { OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import { writeFileAtomic } from '../files/write.ts';
import { readPublished } from '../publish/field.ts';
import type { Trust } from '../repository/trust.ts';
import type { ReadStore } from '../storage/store.ts';

/**
 * Writes the states between two live releases, on some hardware that both are for: as a picture where the file's name ends in `.svg`, else as a
 * Mermaid flowchart.
 *
 * @throws OtaError `release-missing`, `plan-too-large`, `output-failed`
 */
export async function drawPlan(options: {
  readonly store: ReadStore;
  readonly trust: Trust;
  readonly product: Name;
  readonly from: Version;
  readonly to: Version;
  readonly hardware: Name;
  readonly path: string;
}): Promise<void> {
  const { store, trust, product, from, to, hardware, path } = options;
  const field = (await readPublished(store, trust, product))?.field ?? [];
  const find = (version: Version) => field.find(({ label }) => label === version)?.parts;
  const [old, fresh] = [find(from), find(to)];
  if (!old?.hardware.includes(hardware) || !fresh?.hardware.includes(hardware)) {
    throw new OtaError('release-missing', `${from} and ${to} are not both live for ${hardware}`, {
      where: product,
      hint: `Live are ${field.map(({ label }) => label).join(', ')}.`,
    });
  }
  const units = unitsFor(fresh, hardware);
  const states = statesOf(
    { from: `${from} on ${hardware}`, old: partsFor(old, hardware), new: partsFor(fresh, hardware) },
    units,
  );
  const graph = graphOf(units, states, units);
  if (!graph) {
    throw new OtaError('plan-too-large', 'there are more states than a picture can show', {
      where: path,
      hint: 'Put components that always change together into a group.',
    });
  }
  await writeFileAtomic(path, utf8(path.toLowerCase().endsWith('.svg') ? svg(graph) : mermaid(graph)));
}
