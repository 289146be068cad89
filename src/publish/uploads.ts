import { targetKey } from '../repository/layout.ts';
import type { Store } from '../storage/store.ts';
import { isPresent } from './objects.ts';
import type { PlannedUpload } from './plan.ts';
import type { NewTarget } from './targets.ts';

/** Where targets go in the store, and which of them are there. @throws OtaError `store-mismatch` */
export async function planUploads(
  store: Store,
  targets: readonly NewTarget[],
): Promise<readonly PlannedUpload[]> {
  const uploads: PlannedUpload[] = [];
  for (const { path, file, origin } of targets) {
    const { length, sha256 } = file;
    const key = targetKey(path, sha256);
    const action = (await isPresent(store, key, { length, sha256 })) ? 'present' : 'upload';
    uploads.push({ key, path, length, sha256, origin, action });
  }
  return uploads;
}
