import { checkPart } from '../bundle/check.ts';
import type { OpenBundle } from '../bundle/open.ts';
import type { Progress } from '../core/progress.ts';
import type { PlannedUpload } from './plan.ts';

/**
 * Checks the digests of the bundle's payloads and extras, but for those that are hashed when the plan is applied. Also of a release that
 * is published already: "nothing to do" would say that this file is sound.
 *
 * @throws OtaError `digest-mismatch`
 */
export async function checkUnsent(
  options: { readonly bundle: OpenBundle; readonly applied?: boolean; readonly progress: Progress },
  uploads: readonly PlannedUpload[],
): Promise<void> {
  const { bundle, applied, progress } = options;
  const { components, extras } = bundle.manifest;
  const parts = [
    ...components.map(({ name }) => ({ part: 'payload', name }) as const),
    ...extras.map(({ name }) => ({ part: 'extra', name }) as const),
  ];
  for (const { part, name } of parts) {
    const hashedLater = uploads.some(
      ({ origin, action }) =>
        action !== 'present' && origin.in === 'bundle' && origin.part === part && origin.name === name,
    );
    if (!applied || !hashedLater) await checkPart(bundle, { part, name }, progress);
  }
}
