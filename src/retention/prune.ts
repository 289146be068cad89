import { type Fault, OtaError } from '../core/errors.ts';
import { inParallel } from '../core/parallel.ts';
import type { Progress } from '../core/progress.ts';
import { DAY, type Seconds } from '../core/time.ts';
import { MAX_BYTES } from '../device/client/fetch.ts';
import { TIMESTAMP_KEY } from '../repository/layout.ts';
import { LIFETIME_DAYS } from '../repository/policy.ts';
import type { Trust } from '../repository/trust.ts';
import type { Listed, Store } from '../storage/store.ts';
import { judgeArchived } from './archived.ts';
import { holdOf, judge, type Kind, type Patience, releaseOf, type Verdict } from './judge.ts';
import { findReach, type Reach } from './reach.ts';

export interface PruneOptions {
  readonly store: Store;
  readonly trust: Trust;
  readonly patience: Patience;
  readonly dryRun: boolean;
  readonly now: Seconds;
  readonly progress: Progress;
}

export interface Amount {
  readonly objects: number;
  readonly bytes: number;
}

export interface PruneReport {
  readonly store: string;
  readonly dryRun: boolean;
  /** What was deleted, or would be. */
  readonly deleted: Amount;
  /** The same by kind and by folder; of folders the first `MAX_FOLDERS`. */
  readonly kinds: readonly (Amount & { readonly kind: Kind })[];
  readonly folders: readonly (Amount & { readonly folder: string })[];
  /** Folders that are not among them. */
  readonly moreFolders: number;
  readonly kept: Amount;
  /** What nothing leads to, and is too young; `from` is when the first of it can go. */
  readonly waiting: Amount & { readonly from?: Seconds };
  /** What is not of this tool's layout, or of no product that is known: left alone. */
  readonly foreign: Amount;
  /** What writes that were cut off long ago had left. */
  readonly unfinished: number;
}

const MAX_FOLDERS = 1_000;
/** Deleted at a time. */
const WIDTH = 8;
/** After so many it is looked whether somebody published meanwhile. */
const BATCH = 200;
/** An upload that is still going on after that is none. */
const ABANDONED: Seconds = 7 * DAY;

/**
 * Deletes what no metadata leads to that a device may go by: neither the present, which is verified first and must be whole, nor an earlier
 * snapshot that has not expired, nor any that expired less than the grace time ago. Roots and targets roles are never
 * deleted, nor what tells what an archived release was. Cut off anywhere, it has done no harm; run again, it does the rest. One page of
 * the listing and one release's objects are held at a time, beside what the metadata leads to.
 *
 * @throws OtaError `target-missing` for what the metadata leads to and is not there; `store-conflict`; as `findReach`
 */
export async function pruneStore(options: PruneOptions): Promise<PruneReport> {
  const { store, dryRun, progress } = options;
  let reach = await reachOf(options);
  const tally = new Tally();
  const missing = new Map([...reach.present].filter(([, length]) => length !== undefined));
  for await (const judged of judgedObjects(options, reach)) {
    tally.add(judged, options.now);
    if (missing.get(judged.object.key) === judged.object.length) missing.delete(judged.object.key);
    progress({ task: 'look at objects', done: tally.seen, total: tally.seen });
  }
  requireWhole(store, missing);
  const unfinished = await removeUnfinished(options);
  const report = { store: store.url, dryRun, ...tally.report(), unfinished };
  if (dryRun || report.deleted.objects === 0) return report;
  let done = 0;
  for await (const batch of batches(deletable(options, () => reach))) {
    reach = await stillThere(options, reach);
    const current = reach;
    const sure = batch.filter(({ key }) => !current.present.has(key) && !current.earlier.has(key));
    await inParallel(sure, WIDTH, async ({ key }) => {
      await store.delete(key);
      done += 1;
      progress({ task: 'delete', done, total: report.deleted.objects });
    });
  }
  return report;
}

/** Which snapshots may not have expired is told by their age: none is valid for longer than the policy says. */
async function reachOf({ store, trust, now, patience }: PruneOptions): Promise<Reach> {
  const snapshots: string[] = [];
  for await (const { key, modified } of store.list('metadata/')) {
    const isYoung = modified > now - LIFETIME_DAYS.snapshot * DAY - patience.grace;
    if (isYoung && /^metadata\/[1-9]\d{0,15}\.snapshot\.json$/.test(key)) snapshots.push(key);
  }
  return findReach({ store, trust, now, snapshots, expired: now - patience.grace });
}

/** Whoever published meanwhile may have made something of what nothing led to. */
async function stillThere(options: PruneOptions, reach: Reach): Promise<Reach> {
  const found = await options.store.read(TIMESTAMP_KEY, MAX_BYTES.timestamp);
  return found?.token === reach.token ? reach : reachOf(options);
}

interface Judged {
  readonly object: Listed;
  readonly verdict: Verdict;
}

/** Every object of the store with what is to become of it. */
async function* judgedObjects(options: PruneOptions, reach: Reach): AsyncGenerator<Judged> {
  const { store, patience, now } = options;
  const hold = holdOf(reach, patience, now);
  const times = { hold, staged: patience.staged };
  for await (const group of byRelease(store.list(''))) {
    const [first] = group;
    const release = first && releaseOf(first.key);
    const archived = release && (await judgeArchived(group, release, { store, reach, hold, now }));
    for (const object of group) {
      yield { object, verdict: archived ? archived(object) : judge(object, reach, times) };
    }
  }
}

/** The objects of one release together, all others alone: a listing is in the order of the keys. */
async function* byRelease(objects: AsyncIterable<Listed>): AsyncGenerator<readonly Listed[]> {
  let group: Listed[] = [];
  let folder: string | undefined;
  for await (const object of objects) {
    const next = releaseOf(object.key) ? folderOf(object.key) : undefined;
    if (group.length > 0 && (next === undefined || next !== folder)) {
      yield group;
      group = [];
    }
    folder = next;
    group.push(object);
  }
  if (group.length > 0) yield group;
}

async function* deletable(options: PruneOptions, reach: () => Reach): AsyncGenerator<Listed> {
  for await (const { object, verdict } of judgedObjects(options, reach())) {
    if (isDue(verdict, options.now)) yield object;
  }
}

async function* batches(objects: AsyncIterable<Listed>): AsyncGenerator<readonly Listed[]> {
  let batch: Listed[] = [];
  for await (const object of objects) {
    batch.push(object);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

const isDue = (verdict: Verdict, now: Seconds): boolean => verdict.is === 'unreached' && verdict.from <= now;

const folderOf = (key: string): string => key.slice(0, key.lastIndexOf('/') + 1);

async function removeUnfinished({ store, dryRun, now }: PruneOptions): Promise<number> {
  let count = 0;
  for await (const { started, remove } of store.unfinished()) {
    if (started > now - ABANDONED) continue;
    if (!dryRun) await remove();
    count += 1;
  }
  return count;
}

/** @throws OtaError `target-missing` */
function requireWhole(store: Store, missing: ReadonlyMap<string, number | undefined>): void {
  if (missing.size === 0) return;
  const faults: Fault[] = [...missing.keys()]
    .toSorted()
    .slice(0, 100)
    .map((key) => ({ where: key, message: 'is not there, or has another length than is signed' }));
  throw new OtaError(
    'target-missing',
    `${missing.size} objects that devices are led to are not as they are signed`,
    {
      where: store.url,
      faults,
      hint: 'Nothing was deleted. "ota verify --store" says more; put the objects back first.',
    },
  );
}

/** Counts what is there and what is to become of it. */
class Tally {
  seen = 0;
  readonly #deleted = new Sum();
  readonly #kept = new Sum();
  readonly #foreign = new Sum();
  readonly #waiting = new Sum();
  readonly #kinds = new Map<Kind, Sum>();
  readonly #folders = new Map<string, Sum>();
  #moreFolders = 0;
  #lastMore = '';
  #from: Seconds | undefined;

  add({ object: { key, length }, verdict }: Judged, now: Seconds): void {
    this.seen += 1;
    if (verdict.is !== 'unreached') (verdict.is === 'kept' ? this.#kept : this.#foreign).add(length);
    else if (!isDue(verdict, now)) {
      this.#waiting.add(length);
      this.#from = Math.min(verdict.from, this.#from ?? verdict.from);
    } else {
      this.#deleted.add(length);
      at(this.#kinds, verdict.kind).add(length);
      this.#addFolder(folderOf(key), length);
    }
  }

  #addFolder(folder: string, length: number): void {
    if (this.#folders.has(folder) || this.#folders.size < MAX_FOLDERS) at(this.#folders, folder).add(length);
    else if (folder !== this.#lastMore) {
      this.#lastMore = folder;
      this.#moreFolders += 1;
    }
  }

  report(): Omit<PruneReport, 'store' | 'dryRun' | 'unfinished'> {
    return {
      deleted: this.#deleted.amount,
      kinds: [...this.#kinds].map(([kind, sum]) => ({ kind, ...sum.amount })),
      folders: [...this.#folders].map(([folder, sum]) => ({ folder, ...sum.amount })),
      moreFolders: this.#moreFolders,
      kept: this.#kept.amount,
      waiting: { ...this.#waiting.amount, ...(this.#from === undefined ? {} : { from: this.#from }) },
      foreign: this.#foreign.amount,
    };
  }
}

class Sum {
  #objects = 0;
  #bytes = 0;

  add(length: number): void {
    this.#objects += 1;
    this.#bytes += length;
  }

  get amount(): Amount {
    return { objects: this.#objects, bytes: this.#bytes };
  }
}

function at<K>(sums: Map<K, Sum>, key: K): Sum {
  const sum = sums.get(key) ?? new Sum();
  sums.set(key, sum);
  return sum;
}
