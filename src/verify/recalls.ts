import { OtaError } from '../core/errors.ts';
import type { Version } from '../core/names.ts';
import { parseRecalls } from '../repository/recalls.ts';
import type { Findings } from './findings.ts';
import type { Objects } from './objects.ts';
import type { RecallsJob } from './plan.ts';

const MAX_RECALLS_BYTES = 2 * 2 ** 20;

/** Checks a product's list of recalls, and gives the versions in it; none where it is refused. */
export async function verifyRecalls(
  { product, document }: RecallsJob,
  objects: Objects,
  findings: Findings,
): Promise<ReadonlySet<Version>> {
  const { path } = document.target;
  const bytes = await objects.document(document, MAX_RECALLS_BYTES);
  const said = bytes && (await findings.attempt(path, () => parseRecalls(bytes, path)));
  if (!said) return new Set();
  await findings.attempt(path, () => {
    if (said.product === product) return;
    throw new OtaError('channel-foreign', `${path} is that of ${said.product}`, {
      hint: 'Recall the releases of this product again.',
    });
  });
  return new Set(said.recalls.map(({ version }) => version));
}
