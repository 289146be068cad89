import { OtaError } from '../core/errors.ts';
import { inParallel } from '../core/parallel.ts';
import type { Seconds } from '../core/time.ts';
import type { MetadataSource } from '../device/client/fetch.ts';
import { checkExpiry } from '../repository/checks.ts';
import { isBin } from '../repository/delegations.ts';
import { metadataKey } from '../repository/layout.ts';
import type { Delegations, Metadata, RoleKeys, Root, SuccinctRoles, Targets } from '../repository/model.ts';
import type { Delegator, TrustedMetadata } from '../repository/trusted.ts';
import { signersOf } from '../repository/verify.ts';
import type { Findings } from './findings.ts';
import type { RootChain } from './roots.ts';

/** A role that its delegator's keys signed. */
export interface VerifiedRole {
  readonly role: string;
  readonly version: number;
  readonly expires: Seconds;
  readonly key: string;
  /** Keyids that validly signed, and how many of how many keys have to. */
  readonly signed: readonly string[];
  readonly threshold: number;
  readonly keys: number;
  /** Bytes. */
  readonly length: number;
}

export interface TargetsRole extends VerifiedRole {
  readonly metadata: Metadata<Targets>;
  /** The keys of its delegator that may sign it. */
  readonly authority: RoleKeys & { readonly all: Delegations['keys'] };
  /** Who delegates to it; `root` for the top-level one. */
  readonly delegator: string;
}

export interface VerifiedRoles {
  readonly roles: readonly VerifiedRole[];
  /** Those with targets, by name, a delegator before those that it delegates to. */
  readonly targets: ReadonlyMap<string, TargetsRole>;
  /** Roles below which nothing could be checked. */
  readonly unchecked: readonly string[];
  /** Roles that are delegated to and of which nothing was ever published. */
  readonly unpublished: readonly string[];
}

export interface RolesOptions {
  readonly trusted: TrustedMetadata;
  readonly chain: RootChain;
  readonly source: MetadataSource;
  readonly findings: Findings;
  readonly now: Seconds;
  readonly width: number;
}

/** Every role of a repository, from the last root down, each by the same code that a device uses. */
export async function verifyRoles(options: RolesOptions): Promise<VerifiedRoles> {
  const { trusted, chain, findings, now } = options;
  const root = describe('root', trusted.root, trusted.root.signed);
  await findings.attempt(root.key, () => checkExpiry('root', trusted.root, now));
  const none = { roles: [root], targets: new Map(), unpublished: [] };
  if (!chain.whole) return { ...none, unchecked: ['root'] };
  trusted.rootsDone();
  const online = await onlineRoles(options);
  if (online.length < 2) {
    return { ...none, roles: [root, ...online], unchecked: [online.length === 0 ? 'timestamp' : 'snapshot'] };
  }
  const walk = new Walk(options);
  await walk.run();
  return {
    roles: [root, ...walk.targets.values(), ...online],
    targets: walk.targets,
    unchecked: walk.unchecked.toSorted(),
    unpublished: walk.unpublished.toSorted(),
  };
}

/** The snapshot and the timestamp; fewer where one is refused. */
async function onlineRoles({
  trusted,
  source,
  findings,
  now,
}: RolesOptions): Promise<readonly VerifiedRole[]> {
  const root = trusted.root.signed;
  const key = metadataKey('timestamp', undefined);
  const timestamp = await findings.attempt(key, async () =>
    trusted.updateTimestamp((await source.timestamp()).bytes),
  );
  if (!timestamp) return [];
  await findings.attempt(key, () => checkExpiry('timestamp', timestamp, now));
  const verified = describe('timestamp', timestamp, root);
  const meta = timestamp.signed.snapshot;
  const version = root.consistentSnapshot ? meta.version : undefined;
  const at = metadataKey('snapshot', version);
  const snapshot = await findings.attempt(at, async () =>
    trusted.updateSnapshot(await source.announced('snapshot', meta, version)),
  );
  if (!snapshot) return [verified];
  await findings.attempt(at, () => checkExpiry('snapshot', snapshot, now));
  return [describe('snapshot', snapshot, root, version), verified];
}

interface Edge {
  readonly name: string;
  readonly delegator: Delegator;
  readonly delegatorName: string;
  readonly authority: TargetsRole['authority'];
}

/** The delegations, level by level. Each is verified; a role that several delegate to is descended into once. */
class Walk {
  readonly targets = new Map<string, TargetsRole>();
  readonly unchecked: string[] = [];
  readonly unpublished: string[] = [];
  readonly #options: RolesOptions;
  readonly #entered = new Set<string>();

  constructor(options: RolesOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { keys, roles } = this.#options.trusted.root.signed;
    let level: readonly Edge[] = [
      {
        name: 'targets',
        delegator: 'root',
        delegatorName: 'root',
        authority: { ...roles.targets, all: keys },
      },
    ];
    while (level.length > 0) {
      const found = new Map<Edge, TargetsRole>();
      await inParallel(level, this.#options.width, async (edge) => {
        const role = await this.#verify(edge);
        if (role) found.set(edge, role);
      });
      // In the order of the delegations, whichever was read first.
      level = level.flatMap((edge) => this.#enter(found.get(edge)));
    }
  }

  #enter(role: TargetsRole | undefined): readonly Edge[] {
    if (!role || this.#entered.has(role.role)) return [];
    this.#entered.add(role.role);
    this.targets.set(role.role, role);
    const { delegations } = role.metadata.signed;
    if (!delegations) return [];
    const { succinct } = delegations;
    const named = succinct
      ? this.#bins(role.role, succinct).map((name) => ({ ...succinct, name }))
      : delegations.roles;
    return named.map(({ name, keyids, threshold }) => ({
      name,
      delegator: role.metadata,
      delegatorName: role.role,
      authority: { keyids, threshold, all: delegations.keys },
    }));
  }

  /** Hash bins (TAP 15): there may be 2^32, so those that the snapshot lists are taken and the others counted. */
  #bins(delegator: string, succinct: SuccinctRoles): readonly string[] {
    const { trusted, findings } = this.#options;
    const { namePrefix, bitLength } = succinct;
    const bins = [...trusted.snapshot.signed.meta.keys()].filter((name) => isBin(succinct, name));
    const missing = 2 ** bitLength - bins.length;
    if (bins.length === 0) this.unpublished.push(`${namePrefix}-*`);
    else if (missing > 0) {
      findings.add(
        'role-unlisted',
        `${namePrefix}-*`,
        `${delegator} delegates to ${2 ** bitLength} bins, and the snapshot does not list ${missing} of them`,
        'A path whose bin is missing is refused: publish every bin, empty ones too.',
      );
    }
    return bins;
  }

  async #verify({ name, delegator, delegatorName, authority }: Edge): Promise<TargetsRole | undefined> {
    const { trusted, source, findings, now } = this.#options;
    const meta = trusted.snapshot.signed.meta.get(name);
    if (!meta) {
      await this.#notListed(name, delegatorName);
      return undefined;
    }
    const version = trusted.root.signed.consistentSnapshot ? meta.version : undefined;
    const key = metadataKey(name, version);
    const metadata = await findings.attempt(key, async () =>
      trusted.updateTargets(name, await source.announced(name, meta, version), delegator),
    );
    if (!metadata) {
      this.unchecked.push(name);
      return undefined;
    }
    await findings.attempt(key, () => checkExpiry(name, metadata, now));
    const signed = [...signersOf(metadata, authority.all, authority).values()];
    const { expires } = metadata.signed;
    return {
      role: name,
      version: metadata.signed.version,
      expires,
      key,
      signed,
      threshold: authority.threshold,
      keys: authority.keyids.length,
      length: metadata.sealed.length,
      metadata,
      authority,
      delegator: delegatorName,
    };
  }

  /** A product that waits for its first release is no fault; one whose role was published and then dropped is. */
  async #notListed(name: string, delegator: string): Promise<void> {
    const { source, findings } = this.#options;
    const first = { version: 1 };
    const published = await source.announced(name, first, first.version).then(
      () => true,
      (error: unknown) => !(error instanceof OtaError && error.code === 'role-missing'),
    );
    if (!published) {
      this.unpublished.push(name);
      return;
    }
    this.unchecked.push(name);
    findings.add(
      'role-unlisted',
      name,
      `${delegator} delegates to ${name}, and the snapshot does not list it`,
      'A role never leaves a repository; the publisher has to make a snapshot that lists it.',
    );
  }
}

function describe(
  role: 'root' | 'timestamp' | 'snapshot',
  metadata: Metadata<{ readonly version: number; readonly expires: Seconds }>,
  root: Root,
  version: number | undefined = metadata.signed.version,
): VerifiedRole {
  const keys = root.roles[role];
  return {
    role,
    version: metadata.signed.version,
    expires: metadata.signed.expires,
    key: metadataKey(role, version),
    signed: [...signersOf(metadata, root.keys, keys).values()],
    threshold: keys.threshold,
    keys: keys.keyids.length,
    length: metadata.sealed.length,
  };
}
