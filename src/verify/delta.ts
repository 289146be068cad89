import { isDeltaFormat } from '../core/delta-formats.ts';
import { type Digest, sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { JsonObject } from '../core/json/value.ts';
import type { ByteSource } from '../core/source.ts';
import { recogniseDelta } from '../delta/facts.ts';
import { DELTA_FORMAT, readDeltaHeader } from '../delta/format.ts';
import { parseDeltaCustom, parsePayloadCustom } from '../repository/custom.ts';
import { deltaPath, payloadPath } from '../repository/layout.ts';
import type { Findings } from './findings.ts';
import type { ReleaseJob } from './plan.ts';

const HINT = 'Publish the release again under a new version, so that its deltas are made anew.';
const isDelta = (path: string): boolean => path.includes('.from.');

/** Whether the deltas of a release lead where their role says: to the payload's image, from the image in their name. */
export async function checkDeltas(
  { product, version, role, paths }: ReleaseJob,
  findings: Findings,
): Promise<number> {
  const { targets } = role.metadata.signed;
  let deltas = 0;
  for (const path of paths.filter(isDelta)) {
    deltas += 1;
    await findings.attempt(path, () => {
      const custom = parseDeltaCustom(targets.get(path)?.custom, path);
      const { base, image, format } = custom.delta;
      if (path !== deltaPath(product, version, custom.component, base.sha256, format)) {
        throw wrong(
          path,
          `is listed as one from the image ${base.sha256.slice(0, 16)} of ${custom.component}`,
        );
      }
      const payload = payloadPath(product, version, custom.component);
      const listed = targets.get(payload);
      if (!listed) throw wrong(path, `leads to ${payload}, which is not listed`);
      const full = parsePayloadCustom(listed.custom, payload);
      if (!sameDigest(full.image, image) || full.version !== custom.version) {
        throw wrong(path, `leads to another image than ${payload}`);
      }
    });
  }
  return deltas;
}

interface ListedDelta {
  readonly path: string;
  readonly custom?: JsonObject | undefined;
}

/**
 * Compares a delta's own header with what its role says, as far as its format says something there; anything else passes.
 *
 * @param start the first bytes of the object
 * @throws OtaError `delta-invalid`
 */
export async function checkDeltaHeader({ path, custom }: ListedDelta, start: ByteSource): Promise<void> {
  if (!isDelta(path)) return;
  const { delta } = parseDeltaCustom(custom, path);
  if (isDeltaFormat(delta.format) && (await recogniseDelta(start)) !== delta.format)
    throw wrong(path, `is not ${delta.format}, as which it is listed`);
  if (delta.format !== DELTA_FORMAT) return;
  const header = await readDeltaHeader(start);
  const said: readonly (readonly [string, Digest, Digest])[] = [
    ['from', delta.base, header.old],
    ['to', delta.image, header.new],
  ];
  for (const [which, listed, own] of said) {
    if (sameDigest(listed, own)) continue;
    throw wrong(
      path,
      `leads ${which} the image ${own.sha256}, and is listed as one ${which} ${listed.sha256}`,
    );
  }
  if (header.memory !== delta.memory) {
    throw wrong(path, `takes ${header.memory} bytes of memory, and is listed with ${delta.memory}`);
  }
}

const wrong = (path: string, what: string): OtaError =>
  new OtaError('delta-wrong-base', `the delta ${path} ${what}`, { where: path, hint: HINT });
