import { partsFor } from '../bundle/transition/cases.ts';
import { mermaid } from '../bundle/transition/graph.ts';
import { unitsFor } from '../bundle/transition/obstacle.ts';
import { statesOf } from '../bundle/transition/transition.ts';
import { utf8 } from '../core/bytes.ts';
import { OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import { writeFileAtomic } from '../files/write.ts';
import { readPublished } from '../publish/field.ts';
import type { Trust } from '../repository/trust.ts';
import type { ReadStore } from '../storage/store.ts';

/**
 * Writes the states between two live releases, on the first hardware that both are for, as a Mermaid flowchart.
 *
 * @throws OtaError `release-missing`, `plan-too-large`, `output-failed`
 */
export async function drawPlan(options: {
  readonly store: ReadStore;
  readonly trust: Trust;
  readonly product: Name;
  readonly from: Version;
  readonly to: Version;
  readonly path: string;
}): Promise<void> {
  const { store, trust, product, from, to, path } = options;
  const field = (await readPublished(store, trust, product))?.field ?? [];
  const find = (version: Version) => field.find(({ label }) => label === version)?.parts;
  const [old, fresh] = [find(from), find(to)];
  const hardware = old?.hardware.find((id) => fresh?.hardware.includes(id));
  if (!old || !fresh || hardware === undefined) {
    throw new OtaError('release-missing', `${from} and ${to} are not both live for the same hardware`, {
      where: product,
      hint: `Live are ${field.map(({ label }) => label).join(', ')}.`,
    });
  }
  const units = unitsFor(fresh, hardware);
  const states = statesOf(
    { from: `${from} on ${hardware}`, old: partsFor(old, hardware), new: partsFor(fresh, hardware) },
    units,
  );
  const text = mermaid(units, states, units);
  if (text === undefined) {
    throw new OtaError('plan-too-large', 'there are more states than a picture can show', {
      where: path,
      hint: 'Put components that always change together into a group.',
    });
  }
  await writeFileAtomic(path, utf8(text));
}
