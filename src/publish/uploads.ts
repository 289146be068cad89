import type { Digest } from '../core/digest.ts';
import { inParallel } from '../core/parallel.ts';
import { targetKey } from '../repository/layout.ts';
import type { TargetFile } from '../repository/model.ts';
import type { Store } from '../storage/store.ts';
import { isPresent } from './objects.ts';
import type { PlannedUpload } from './plan.ts';
import type { NewTarget } from './targets.ts';

/** Bytes below which an object is sent rather than copied: asking about another one takes longer than sending it. */
const COPIED_FROM = 64 * 1024;

/**
 * Where targets go in the store, which of them are there, and which are under another name and so can be copied.
 *
 * @param listed targets that signed roles list: what the store should have
 * @throws OtaError `store-mismatch`
 */
export async function planUploads(
  store: Store,
  targets: readonly NewTarget[],
  listed: Iterable<readonly [path: string, file: TargetFile]> = [],
): Promise<readonly PlannedUpload[]> {
  const uploads: PlannedUpload[] = [];
  const sources = new Map<string, string>();
  // The oldest, which was sent: some stores say of copies what cannot be compared without reading.
  for (const [path, file] of listed) {
    if (!sources.has(idOf(file))) sources.set(idOf(file), targetKey(path, file.sha256));
  }
  const sent = new Map<string, string>();
  await inParallel(targets.entries(), store.width ?? 1, async ([index, { path, file, origin, etag }]) => {
    const { length, sha256 } = file;
    const key = targetKey(path, sha256);
    const planned = { key, path, length, sha256, origin, ...(etag === undefined ? {} : { etag }) };
    const action = (await isPresent(store, key, { length, sha256 })) ? 'present' : 'upload';
    const from = action === 'upload' ? await sourceOf(store, file, sources) : undefined;
    uploads[index] = from === undefined ? { ...planned, action } : { ...planned, action: 'copy', from };
  });
  return uploads.map((item) => {
    // The same bytes twice in one release: sent once.
    const from = sent.get(idOf(item));
    if (item.action !== 'upload' || item.length < COPIED_FROM || !store.copyFrom) return item;
    if (from !== undefined) return { ...item, action: 'copy', from };
    sent.set(idOf(item), item.key);
    return item;
  });
}

async function sourceOf(
  store: Store,
  file: Digest,
  sources: ReadonlyMap<string, string>,
): Promise<string | undefined> {
  const from = sources.get(idOf(file));
  if (from === undefined || file.length < COPIED_FROM || !store.copyFrom) return undefined;
  return (await store.stat(from))?.length === file.length ? from : undefined;
}

const idOf = ({ sha256, length }: Digest): string => `${sha256}:${length}`;
