import { type Digest, seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Progress } from '../core/progress.ts';
import { formatSize } from '../core/sizes.ts';
import type { Seconds } from '../core/time.ts';
import { verified } from '../core/verified.ts';
import { MAX_BYTES } from '../device/client/fetch.ts';
import { withFile } from '../files/read.ts';
import { checkNotBehind } from '../repository/checks.ts';
import { TIMESTAMP_KEY } from '../repository/layout.ts';
import { parseTimestamp } from '../repository/parse-meta.ts';
import type { Trust } from '../repository/trust.ts';
import { collect } from '../storage/body.ts';
import type { ReadStore } from '../storage/store.ts';
import { type MediumReport, reportOf } from './create.ts';
import { damaged } from './faults.ts';
import { mediumKindAt } from './files.ts';
import { putFile, removeKey } from './folder.ts';
import { gatherSlice } from './gather.ts';
import type { MediaFor, MediaLayout } from './layout.ts';
import { WRITERS } from './open-writer.ts';
import { pageMaker } from './page/of-slice.ts';
import type { PageParts } from './page/page.ts';
import { type MediumPlan, type PlannedContent, planMedium } from './plan.ts';
import { type SliceFile, type SliceRequest, sizeOf } from './slice.ts';
import { type Medium, openMedium } from './store.ts';
import { writeMedium } from './write.ts';

export interface RefreshMediumOptions {
  /** The folder, image or archive. */
  readonly path: string;
  readonly store: ReadStore;
  readonly trust: Trust;
  /** Of which the technician's page is made; none is where they are absent. */
  readonly page?: PageParts;
  readonly now: Seconds;
  readonly progress: Progress;
  /** Told before each file that is written into a folder. */
  readonly writing?: (key: string) => void;
}

export type RefreshedMedium = MediumReport & {
  /** Names of the files that were written, in that order; none where the medium was as the repository is. */
  readonly renewed: readonly string[];
};

/** A document is held in memory while it is written. */
const MAX_DOCUMENT = 16 * 2 ** 20;

/**
 * Renews the metadata and the documents of a medium for the devices that it was made for; payloads and deltas stay as they are. In such an
 * order that devices take it at any moment: what is new first, then the timestamp that leads to it, the list, and what is old goes last. An image
 * or archive is written anew beside itself, for which there must be room, and takes its place.
 *
 * @throws OtaError `media-moved` where a channel gives out a release whose payloads are not on it; `role-rollback` for a repository that is
 *   behind the medium; as `openMedium` and `gatherSlice`
 */
export async function refreshMedium(options: RefreshMediumOptions): Promise<RefreshedMedium> {
  const { path, store } = options;
  const medium = await openMedium(path);
  const slice = await gatherSlice({ ...options, requests: medium.layout.for.map(requestOf) });
  await checkAhead(medium, slice.repository.timestamp.signed.version);
  requirePayloads(medium.layout, slice.files, path);
  const page = pageMaker(slice, store, options.page);
  const plan = await planMedium(slice, { parts: medium.layout.parts, ...page });
  const stays = new Set(slice.files.filter(isPayload).map(({ key }) => key));
  const stale: PlannedContent[] = [];
  for (const file of plan.files) if (!stays.has(file.key) && !(await isThere(medium, file))) stale.push(file);
  const kind = await mediumKindAt(path);
  if (kind === 'folder') await renewFolder(options, medium, plan, stale);
  else if (stale.length > 0) await rewrite(options, medium, plan, stays, kind);
  return { ...reportOf(plan, path, store), renewed: stale.map(({ key }) => key) };
}

const isPayload = ({ kind }: SliceFile): boolean => kind === 'payload' || kind === 'delta';

async function renewFolder(
  { path, store, writing }: RefreshMediumOptions,
  medium: Medium,
  plan: MediumPlan,
  stale: readonly PlannedContent[],
): Promise<void> {
  for (const file of stale) {
    writing?.(file.key);
    await putFile(path, file.key, await contentOf(store, file));
  }
  const kept = new Set(plan.files.map(({ key }) => key));
  for (const { key } of medium.layout.files) if (!kept.has(key) && isSmall(key)) await removeKey(path, key);
}

/** Writes an image or an archive anew beside itself, payloads from what it was: whoever reads it has the old one or the new one. */
async function rewrite(
  { path, store, progress }: RefreshMediumOptions,
  medium: Medium,
  plan: MediumPlan,
  stays: ReadonlySet<string>,
  kind: 'image' | 'archive',
): Promise<void> {
  const files = new Map(plan.files.map((file) => [file.key, file]));
  const source = {
    url: store.url,
    stream: async (key: string) => {
      const file = stays.has(key) ? files.get(key) : undefined;
      if (!file) return store.stream(key);
      const pieces = await medium.store.stream(key);
      return pieces && intact(pieces, file);
    },
  };
  const size = kind === 'image' ? { size: await withFile(path, async (file) => file.length) } : {};
  const options = { time: plan.layout.made, replace: true, ...size };
  await writeMedium({ plan, store: source, path, write: WRITERS[kind], options, progress });
}

/** @throws OtaError `media-damaged` */
async function* intact(pieces: AsyncIterable<Uint8Array>, file: PlannedContent): AsyncGenerator<Uint8Array> {
  try {
    yield* verified(pieces, file, file.key);
  } catch (cause) {
    if (!(cause instanceof OtaError) || cause.category !== 'verification') throw cause;
    throw damaged(file.key, cause.message);
  }
}

const requestOf = ({ product, channels, hardware, from, full, formats }: MediaFor): SliceRequest => ({
  product,
  channels,
  hardware,
  from,
  full: full && from.length > 0,
  ...(formats === undefined ? {} : { formats }),
});

/** Metadata and documents, notes among them; payloads and deltas have names without these ends. */
const isSmall = (key: string): boolean => key.startsWith('metadata/') || /\.(?:json|md|txt)$/.test(key);

/** @throws OtaError `role-rollback` */
async function checkAhead({ files }: Medium, version: number): Promise<void> {
  const found = await files.read(TIMESTAMP_KEY, MAX_BYTES.timestamp);
  if (!found) return;
  let there: number;
  try {
    there = parseTimestamp(found.bytes, TIMESTAMP_KEY).signed.version;
  } catch (error) {
    // A damaged one is renewed.
    if (error instanceof OtaError) return;
    throw error;
  }
  checkNotBehind('timestamp', version, there);
}

/** @throws OtaError `media-moved` */
function requirePayloads(layout: MediaLayout, files: readonly SliceFile[], path: string): void {
  const there = new Set(layout.files.map(({ key }) => key));
  const missing = files.filter(
    ({ kind, key }) => (kind === 'payload' || kind === 'delta') && !there.has(key),
  );
  if (missing.length === 0) return;
  throw new OtaError(
    'media-moved',
    `devices are to be given a release whose payloads are not on ${path}: ${formatSize(sizeOf(missing))} are missing`,
    {
      where: path,
      faults: missing.map(({ key, length }) => ({ where: key, message: `${formatSize(length)}, not on it` })),
      hint: 'Nothing was changed, and devices take the medium as before. Make it again: ota media create --replace.',
    },
  );
}

async function isThere({ files }: Medium, { key, sha256, length }: PlannedContent): Promise<boolean> {
  if ((await files.stat(key))?.length !== length) return false;
  const found = await files.read(key, length);
  return found !== undefined && seal(found.bytes).sha256 === sha256;
}

async function contentOf(store: ReadStore, file: PlannedContent & Digest): Promise<Uint8Array> {
  if (file.bytes) return file.bytes;
  const pieces = await store.stream(file.key);
  if (pieces) return collect(verified(pieces, file, file.key), MAX_DOCUMENT, file.key);
  throw new OtaError('target-missing', `${store.url} has no ${file.key}, which its metadata lists`, {
    where: file.key,
  });
}
