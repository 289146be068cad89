import { sha256 } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import { type FieldRelease, readServed } from '../publish/field.ts';
import { readLive } from '../publish/repository-state.ts';
import type { Channel } from '../repository/channel.ts';
import type { Trust } from '../repository/trust.ts';
import type { ReadStore } from '../storage/store.ts';
import type { FleetShape, Share } from './devices.ts';
import { type Fleet, FleetPart } from './part.ts';
import { remembered } from './remembered.ts';
import { joinedRuns, type Run } from './run.ts';
import { runInThreads } from './threads.ts';

export interface SimulateOptions extends Omit<FleetShape, 'shares' | 'roots'> {
  readonly store: ReadStore;
  readonly trust: Trust;
  readonly product: Name;
  readonly channel: Name;
  /** Parts of the fleet by the release that it has, `none` for new devices; absent: each live release as often. */
  readonly mix?: ReadonlyMap<string, number>;
  /** The first time at which devices ask; metadata is verified as of then. */
  readonly start: Seconds;
  /** The last one; absent: when the rollout that is published is done. */
  readonly until?: Seconds;
  readonly every: Seconds;
  /** Threads at most; a fleet that takes one thread less than it takes to start others is done in this one. */
  readonly threads: number;
  readonly progress: Progress;
}

export interface Simulation extends Run {
  readonly product: Name;
  readonly channel: Name;
  readonly head: Version;
  readonly devices: number;
  readonly seed: string;
  readonly downloadBytes: number;
}

/** How often devices ask in one part of a fleet: some hundred milliseconds of work. */
const PART = 100_000;
/** How often devices ask in a fleet that other threads are worth starting for (measured: docs/performance.md). */
const MANY = 1_000_000;

/** Times at which devices ask, at most. */
const MAX_TIMES = 2000;

/**
 * Replays a published repository against devices that are not there. Every choice is the reference client's; metadata is taken to be
 * refreshed in time, so that it expires for those alone whose clock is ahead.
 *
 * @throws OtaError `channel-missing`, `release-missing`, `usage-flag`; as `readPublished`
 */
export async function simulate(options: SimulateOptions): Promise<Simulation> {
  const { trust, product, start } = options;
  const store = remembered(options.store);
  const { published, channel } = await readServed(store, trust, product, options.channel);
  const times = timesOf(options, channel);
  const roots = await rootsOf(store, trust);
  const shares = sharesOf(published.field, channel.release.version, options.mix);
  const { devices, seed, clockOff, clockBy, rootBehind } = options;
  const shape = { devices, seed, shares, clockOff, clockBy, rootBehind, roots: roots.length };
  const run = await runParts(
    { shape, times, product, channel: channel.channel, start, roots },
    store,
    options,
  );
  return {
    product,
    channel: channel.channel,
    head: channel.release.version,
    devices: options.devices,
    seed: options.seed,
    downloadBytes: run.moments.reduce((sum, { bytes }) => sum + bytes, 0),
    ...run,
  };
}

/** Has the fleet ask part by part, so that memory does not grow with it, in as many threads as are worth it. */
async function runParts(
  fleet: Fleet,
  store: ReadStore,
  { threads, progress }: SimulateOptions,
): Promise<Run> {
  const { devices } = fleet.shape;
  const size = Math.max(1, Math.floor(PART / fleet.times.length));
  const parts = Array.from({ length: Math.ceil(devices / size) }, (_, place): [number, number] => [
    place * size,
    Math.min(devices, (place + 1) * size),
  ]);
  let [done, sum] = [0, undefined as Run | undefined];
  const take = (run: Run, [first, end]: readonly [number, number]) => {
    sum = sum ? joinedRuns(sum, run) : run;
    done += end - first;
    progress({ task: 'simulate', done, total: devices, unit: 'devices' });
  };
  const many = devices * fleet.times.length >= MANY;
  await (many && threads > 1
    ? runInThreads({ fleet, store, parts, threads, take })
    : runHere(fleet, store, parts, take));
  return sum ?? { moments: [], updates: [], refusals: [] };
}

async function runHere(
  fleet: Fleet,
  store: ReadStore,
  parts: readonly (readonly [number, number])[],
  take: (run: Run, part: readonly [number, number]) => void,
): Promise<void> {
  const part = new FleetPart(fleet, store);
  for (const each of parts) take(await part.run(...each), each);
}

/** The roots that devices may have been made with: those of the trust folder, and the newest that is published. */
async function rootsOf(store: ReadStore, trust: Trust): Promise<readonly Uint8Array[]> {
  const last = trust.roots.at(-1) as Uint8Array;
  const { repository } = await readLive(store, trust);
  const { bytes, sha256: newest } = repository.root.sealed;
  return newest === sha256(last) ? trust.roots : [...trust.roots, bytes];
}

function timesOf({ start, until, every }: SimulateOptions, { rollout }: Channel): readonly Seconds[] {
  const done =
    rollout && rollout.paused === undefined ? Math.max(start, rollout.steps.at(-1)?.at ?? start) : start;
  const end = until ?? done;
  const count = Math.ceil((end - start) / every) + 1;
  if (every > 0 && end >= start && count <= MAX_TIMES) {
    return Array.from({ length: count }, (_, step) => start + step * every);
  }
  throw new OtaError(
    'usage-flag',
    `there is no way to go from --at to --until by --every in up to ${MAX_TIMES} steps`,
    {
      hint: 'Give an end after the beginning, or a longer --every.',
    },
  );
}

/** @throws OtaError `release-missing` for a part of no live release */
function sharesOf(
  field: readonly FieldRelease[],
  head: Version,
  mix: ReadonlyMap<string, number> = new Map(field.map(({ label }) => [label, 1])),
): readonly Share[] {
  return [...mix].map(([label, weight]) => {
    const found = field.find((release) => release.label === (label === 'none' ? head : label));
    if (!found) {
      throw new OtaError('release-missing', `there is no live release ${label}`, {
        where: label,
        hint: `Live are ${field.map((release) => release.label).join(', ')}; none stands for new devices.`,
      });
    }
    const { hardware } = found.parts;
    return { weight, hardware, ...(label === 'none' ? {} : { release: found.release.version }) };
  });
}
