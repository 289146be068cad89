import { type Code, OtaError } from '../../core/errors.ts';

/** Why a medium is refused, for a technician: what it means, then what was found. */
export function refusalText(error: unknown, hasOtherKeys: boolean): string {
  if (!(error instanceof OtaError)) return `This page failed: ${String(error)}`;
  const found = `${error.message}.`;
  if (error.code === 'threshold-unmet' && hasOtherKeys)
    return `This medium is signed with a kind of key that a page cannot check: use “ota media verify” on a computer. (${found})`;
  return `${MEANING[error.code] ?? 'It does not follow from the fingerprint.'} (${found})`;
}

const ALTERED = 'A signed list on it was changed after it was signed, or damaged.';
const INCOMPLETE = 'A part of it is missing.';
const MIXED = 'It is mixed from parts that do not belong together.';

const MEANING: Readonly<Partial<Record<Code, string>>> = {
  'threshold-unmet': ALTERED,
  'digest-mismatch': ALTERED,
  'length-mismatch': ALTERED,
  'role-json': ALTERED,
  'role-invalid': ALTERED,
  'json-invalid': ALTERED,
  'shape-invalid': ALTERED,
  'role-missing': INCOMPLETE,
  'target-missing': INCOMPLETE,
  'store-missing': INCOMPLETE,
  'root-missing': INCOMPLETE,
  'role-version': MIXED,
  'root-differs': MIXED,
  'release-missing': MIXED,
  'channel-foreign': MIXED,
  'channel-unlisted': MIXED,
  'product-unknown': MIXED,
  'role-undelegated': MIXED,
};
