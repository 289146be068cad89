import { damagedPart } from '../bundle/check.ts';
import type { OpenBundle } from '../bundle/open.ts';
import { OtaError } from '../core/errors.ts';
import { inParallel } from '../core/parallel.ts';
import type { Progress } from '../core/progress.ts';
import type { Body, Store } from '../storage/store.ts';
import { copy, type UploadStatus, upload } from './objects.ts';
import type { PlannedUpload } from './plan.ts';
import { openOrigin } from './targets.ts';

interface Options {
  readonly store: Store;
  /** The one that the plan was made for, where anything of it is to be uploaded. */
  readonly bundle?: OpenBundle;
  readonly progress: Progress;
}

/**
 * Brings the objects of a plan into the store, as many at once as it takes: first what is sent, then what is copied, which may be a copy
 * of what was sent. The bytes are hashed as they are sent. After a failure the others stop.
 *
 * @returns what became of each, in the order of the plan
 * @throws OtaError `input-changed`, `digest-mismatch` for a damaged bundle, `store-mismatch`; what the store throws
 */
export async function applyUploads(
  uploads: readonly PlannedUpload[],
  options: Options,
): Promise<readonly UploadStatus[]> {
  const { store, bundle } = options;
  const statuses: UploadStatus[] = uploads.map(() => 'present');
  const sending = uploads.filter(({ action }) => action === 'upload');
  const counter = countUploads(sending, options.progress);
  let failed = false;

  const bodyOf = (item: PlannedUpload): Body => ({
    length: item.length,
    sha256: item.sha256,
    ...(item.etag === undefined ? {} : { etag: item.etag }),
    sent: (bytes) => counter.add(item, bytes),
    open: async function* () {
      for await (const piece of openOrigin(item.origin, bundle)) {
        if (failed) throw new Error(`${item.key} was given up, as another object could not be stored`);
        yield piece;
      }
    },
  });
  const run = async (action: PlannedUpload['action'], work: (item: PlannedUpload) => Promise<UploadStatus>) =>
    inParallel(uploads.entries(), store.width ?? 1, async ([index, item]) => {
      if (item.action !== action) return;
      try {
        statuses[index] = await work(item);
      } catch (error) {
        failed = true;
        throw await explained(error, item, bundle);
      }
    });

  const send = async (item: PlannedUpload): Promise<UploadStatus> => {
    const status = await upload(store, { key: item.key, body: bodyOf(item) });
    counter.end(item);
    return status;
  };
  await run('upload', send);
  await run('copy', async (item) => {
    const { sent: _, ...body } = bodyOf(item);
    return (await copy(store, { key: item.key, from: item.from ?? '', body })) ?? send(item);
  });
  return statuses;
}

/** One line of progress for all of them. */
function countUploads(sending: readonly PlannedUpload[], progress: Progress) {
  const done = new Map<PlannedUpload, number>();
  const [only] = sending;
  const task = sending.length === 1 && only ? `upload ${only.path}` : `upload ${sending.length} files`;
  const total = sending.reduce((sum, { length }) => sum + length, 0);
  let all = 0;
  const add = (item: PlannedUpload, bytes: number): void => {
    done.set(item, (done.get(item) ?? 0) + bytes);
    all += bytes;
    progress({ task, done: Math.max(0, all), total: Math.max(total, all) });
  };
  return { add, end: (item: PlannedUpload) => add(item, item.length - (done.get(item) ?? 0)) };
}

/** A payload of a bundle that nobody has touched since it was opened did not change: it was damaged before. */
async function explained(
  error: unknown,
  { origin }: PlannedUpload,
  bundle: OpenBundle | undefined,
): Promise<unknown> {
  if (!(error instanceof OtaError) || error.code !== 'input-changed') return error;
  if (origin.in !== 'bundle' || !('name' in origin) || !bundle || (await bundle.changed())) return error;
  return damagedPart(bundle, origin);
}
