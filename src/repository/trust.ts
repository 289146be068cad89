import { OtaError } from '../core/errors.ts';
import type { Seconds } from '../core/time.ts';
import { checkExpiry, checkThresholds, verifyTopRole } from './checks.ts';
import type { Metadata, Root, Targets } from './model.ts';
import { parseTargets } from './parse-targets.ts';
import { TrustedMetadata } from './trusted.ts';

/** The roots and the targets that a person holds themselves, so that a store is believed only as far as they go. */
export interface Trust {
  /** In order of version; the first is the anchor, on whose word each later one is taken. */
  readonly roots: readonly Uint8Array[];
  readonly targetsBytes: Uint8Array;
}

export interface VerifiedTrust {
  /** Every root that is held, from the anchor on. */
  readonly roots: readonly Metadata<Root>[];
  /** The last of them. */
  readonly root: Metadata<Root>;
  readonly targets: Metadata<Targets>;
}

/**
 * Follows the roots from the first to the last, as a device would (TUF 1.0.34, section 5.3), and takes the targets on the
 * authority of the last.
 *
 * @throws OtaError `root-missing` without a root, as `parseRole`, `role-version`, `threshold-unmet`, `role-expired`
 */
export function verifyTrust(trust: Trust, now: Seconds): VerifiedTrust {
  const roots = verifyRoots(trust.roots, now);
  const root = roots.at(-1) as Metadata<Root>;
  checkThresholds(root);
  checkExpiry('root', root, now);
  const targets = parseTargets(trust.targetsBytes, 'targets.json');
  verifyTopRole(targets, root, 'targets');
  checkExpiry('targets', targets, now);
  return { roots, root, targets };
}

/** As `verifyTrust`, of roots alone; that the last has expired is no fault. At least one root is given back. */
export function verifyRoots(files: readonly Uint8Array[], now: Seconds): readonly Metadata<Root>[] {
  const [anchor, ...later] = files;
  if (anchor === undefined) throw new OtaError('root-missing', 'there is no root to trust');
  const trusted = new TrustedMetadata(anchor, now);
  return [trusted.root, ...later.map((bytes) => trusted.updateRoot(bytes))];
}
