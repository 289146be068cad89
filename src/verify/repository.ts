import { OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import { inParallel } from '../core/parallel.ts';
import type { Progress } from '../core/progress.ts';
import { formatTime, type Seconds } from '../core/time.ts';
import { MetadataSource } from '../device/client/fetch.ts';
import { TrustedMetadata } from '../repository/trusted.ts';
import type { ReadStore } from '../storage/store.ts';
import { verifyArchive } from './archive.ts';
import { type VerifiedChannel, verifyChannel } from './channel.ts';
import { type Finding, Findings } from './findings.ts';
import { type Listing, listStore, type Unreferenced, unreferenced } from './listing.ts';
import { Objects } from './objects.ts';
import { type Plan, planReading } from './plan.ts';
import { verifyRecalls } from './recalls.ts';
import { type VerifiedRelease, verifyRelease } from './release.ts';
import { ReleaseKeys } from './release-keys.ts';
import { type VerifiedRole, type VerifiedRoles, verifyRoles } from './roles.ts';
import { followRoots, type RootChain } from './roots.ts';

export interface VerifyOptions {
  readonly store: ReadStore;
  /** The root that is trusted already. */
  readonly rootBytes: Uint8Array;
  /** When what has expired is judged. */
  readonly now: Seconds;
  /** Looks only whether each payload is there, with its length. */
  readonly quick: boolean;
  readonly progress: Progress;
}

export interface RepositoryReport {
  readonly store: string;
  /** The time that expiry was judged at. */
  readonly at: string;
  readonly quick: boolean;
  readonly sound: boolean;
  readonly roots: { readonly first: number; readonly last: number };
  readonly roles: readonly (Omit<VerifiedRole, 'expires'> & { readonly expires: string })[];
  readonly releases: readonly VerifiedRelease[];
  readonly channels: readonly VerifiedChannel[];
  /** Products that no release of was ever published. */
  readonly unpublished: readonly string[];
  readonly counts: {
    readonly roles: number;
    /** That a product's role lists. */
    readonly releases: number;
    readonly archived: number;
    readonly channels: number;
    readonly deltas: number;
    readonly objects: number;
    /** Of the objects that the metadata names, and of those what was read. */
    readonly bytes: number;
    readonly bytesRead: number;
    readonly faults: number;
  };
  readonly faults: readonly Finding[];
  /** Roles that were refused: nothing that only they vouch for was checked. */
  readonly unchecked: readonly string[];
  /** Absent where the store does not tell what it holds. */
  readonly unreferenced?: Unreferenced;
}

/** Requests at a time: enough to hide the network's delay, and each holds one piece of at most 1 MiB. */
const WIDTH = 8;

/**
 * Verifies a whole repository: the chain of roots, every role, every object that a role names, every release and channel. All
 * faults are reported; nothing is written anywhere. Time is linear in what is read, and memory in the metadata.
 *
 * @throws OtaError `store-missing` where there is no repository, `store-unreachable`; `role-invalid`, `threshold-unmet` for the
 *   trusted root itself
 */
export async function verifyRepository(options: VerifyOptions): Promise<RepositoryReport> {
  const { store, rootBytes, now, quick, progress } = options;
  const findings = new Findings();
  // Expiry is judged apart, so that a role that has expired does not hide what is wrong below it.
  const trusted = new TrustedMetadata(rootBytes, Number.MIN_SAFE_INTEGER);
  const source = new MetadataSource(store, progress);
  await requireRepository(source, trusted.root.signed.version);
  const chain = await followRoots(trusted, source, findings);
  const roles = await verifyRoles({ trusted, chain, source, findings, now, width: WIDTH });
  const consistent = trusted.root.signed.consistentSnapshot;
  const plan = await planReading(roles, consistent, findings);
  const listing = await listStore(store);
  const objects = new Objects({
    store,
    consistent,
    findings,
    quick: quick ? { lengths: listing ?? new Map() } : undefined,
    progress,
  });
  objects.expect(plan.all);
  const read = await readAll({ plan, chain, roles, objects, store, findings });
  return report({ options, findings, chain, roles, plan, objects, listing, ...read });
}

/** An address where nothing is answers like a repository without faults or without anything: it is told apart first. */
async function requireRepository(source: MetadataSource, version: number): Promise<void> {
  try {
    await source.timestamp();
  } catch (error) {
    if (!(error instanceof OtaError) || error.code !== 'store-missing') {
      // Whatever else is wrong with it is a fault of a repository that is there.
      if (error instanceof OtaError && error.category !== 'storage') return;
      throw error;
    }
    if (!(await source.root(version))) throw error;
  }
}

async function readAll(parts: {
  readonly plan: Plan;
  readonly chain: RootChain;
  readonly roles: VerifiedRoles;
  readonly objects: Objects;
  readonly store: ReadStore;
  readonly findings: Findings;
}): Promise<{
  readonly releases: readonly VerifiedRelease[];
  readonly channels: readonly VerifiedChannel[];
}> {
  const { plan, chain, roles, objects, store, findings } = parts;
  const targets = roles.targets.get('targets');
  if (!targets) return { releases: [], channels: [] };
  const context = { objects, findings, keys: new ReleaseKeys(store, chain.roots, targets.metadata) };
  const channels: VerifiedChannel[] = [];
  const releases: VerifiedRelease[] = [];
  const recalled = new Map<Name, ReadonlySet<Version>>();
  for (const job of plan.recalls) recalled.set(job.product, await verifyRecalls(job, objects, findings));
  await inParallel(plan.channels, WIDTH, async (job) => {
    const product = { role: roles.targets.get(job.product), recalled: recalled.get(job.product) };
    channels.push(await verifyChannel(job, product, objects, findings));
  });
  await inParallel(plan.releases, WIDTH, async (job) => {
    releases.push(await verifyRelease(job, context));
  });
  await inParallel(plan.objects, WIDTH, (job) => objects.check(job));
  for (const job of plan.archives) releases.push(...(await verifyArchive(job, context, WIDTH)));
  return { releases, channels };
}

function report(parts: {
  readonly options: VerifyOptions;
  readonly findings: Findings;
  readonly chain: RootChain;
  readonly roles: VerifiedRoles;
  readonly plan: Plan;
  readonly objects: Objects;
  readonly listing: Listing | undefined;
  readonly releases: readonly VerifiedRelease[];
  readonly channels: readonly VerifiedChannel[];
}): RepositoryReport {
  const { options, findings, chain, roles, plan, objects, listing } = parts;
  const { faults } = findings;
  const order = new Map(plan.releases.map(({ product, version }, index) => [`${product}/${version}`, index]));
  const place = ({ product, version }: VerifiedRelease) =>
    order.get(`${product}/${version}`) ?? Number.MAX_SAFE_INTEGER;
  const releases = parts.releases.toSorted((a, b) => place(a) - place(b));
  const name = ({ product, channel }: { product: Name; channel: Name }) => `${product}/${channel}`;
  const channels = parts.channels.toSorted((a, b) => (name(a) < name(b) ? -1 : 1));
  const versions = chain.roots.map(({ signed }) => signed.version);
  return {
    store: options.store.url,
    at: formatTime(options.now),
    quick: options.quick,
    sound: faults.length === 0,
    roots: { first: versions[0] ?? 0, last: versions.at(-1) ?? 0 },
    roles: roles.roles.map(({ role, version, expires, key, signed, threshold, keys, length }) => ({
      role,
      version,
      expires: formatTime(expires),
      key,
      signed,
      threshold,
      keys,
      length,
    })),
    releases,
    channels,
    unpublished: roles.unpublished,
    counts: {
      roles: roles.roles.length,
      releases: releases.filter(({ archived }) => !archived).length,
      archived: releases.filter(({ archived }) => archived).length,
      channels: channels.length,
      deltas: releases.reduce((sum, { deltas }) => sum + deltas, 0),
      objects: objects.keys.size,
      bytes: objects.bytes,
      bytesRead: objects.bytesRead,
      faults: faults.length,
    },
    faults,
    unchecked: roles.unchecked,
    ...(listing === undefined
      ? {}
      : { unreferenced: unreferenced(listing, { chain, roles, keys: objects.keys }) }),
  };
}
