import type { Sealed } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Seconds } from '../core/time.ts';
import {
  checkBytes,
  checkExpiry,
  checkNotBehind,
  checkThresholds,
  checkVersion,
  isAnnounced,
  keysWithdrawn,
  metaOf,
  verifyTopRole,
} from './checks.ts';
import { delegationOf } from './delegations.ts';
import type { Metadata, MetaFile, Root, Snapshot, Targets, Timestamp } from './model.ts';
import { allKeys } from './parse-keys.ts';
import { parseSnapshot, parseTimestamp } from './parse-meta.ts';
import { parseRoot } from './parse-root.ts';
import { parseTargets } from './parse-targets.ts';
import { verifyRole } from './verify.ts';

/** On whose authority a targets role is trusted: the root for the top-level one, else a role that is trusted already. */
export type Delegator = 'root' | Metadata<Targets>;

/**
 * The client workflow of TUF 1.0.34, section 5, without I/O: bytes go in, in the order of the workflow, and each either
 * becomes trusted or is refused. The time is fixed when it begins (5.1), so nothing expires half-way.
 *
 * Every refusal is an OtaError; what was trusted before stays as it was.
 */
export class TrustedMetadata {
  readonly #now: Seconds;
  readonly #first: Metadata<Root>;
  #root: Metadata<Root>;
  #rootDone = false;
  #oldTimestamp: Metadata<Timestamp> | undefined;
  #oldSnapshot: Metadata<Snapshot> | undefined;
  #timestamp: Metadata<Timestamp> | undefined;
  #snapshot: Metadata<Snapshot> | undefined;
  readonly #targets = new Map<Delegator, Map<string, Metadata<Targets>>>();
  readonly #delegators = new Set<Delegator>(['root']);

  /**
   * @param rootBytes the root that is trusted already (5.2); it must be signed by its own keys
   * @throws OtaError as `parseRole`; `threshold-unmet`
   */
  constructor(rootBytes: Uint8Array, now: Seconds) {
    this.#now = now;
    this.#root = parseRoot(rootBytes, 'trusted root');
    this.#first = this.#root;
    verifyTopRole(this.#root, this.#root, 'root');
  }

  get root(): Metadata<Root> {
    return this.#root;
  }

  get timestamp(): Metadata<Timestamp> {
    return this.#timestamp ?? outOfOrder('the timestamp');
  }

  get snapshot(): Metadata<Snapshot> {
    return this.#snapshot ?? outOfOrder('the snapshot');
  }

  /** A role that is trusted already by this delegator; what another says of it does not count. */
  targets(name: string, delegator: Delegator): Metadata<Targets> | undefined {
    return this.#targets.get(delegator)?.get(name);
  }

  /**
   * Takes the next root.
   *
   * @throws OtaError as `parseRole`; `threshold-unmet`, `role-version`
   */
  updateRoot(bytes: Uint8Array): Metadata<Root> {
    if (this.#rootDone) outOfOrder('another root');
    const next = parseRoot(bytes, 'root.json');
    // 5.3.4: signed by a threshold of the trusted root's keys and by a threshold of its own.
    verifyTopRole(next, this.#root, 'root');
    verifyTopRole(next, next, 'root');
    // 5.3.5: exactly one more than the trusted version.
    checkVersion('root', next.signed.version, this.#root.signed.version + 1);
    // 5.3.6: whether an intermediate root has expired does not matter.
    this.#root = next;
    return next;
  }

  /**
   * Ends the update of the root. Only the last one has to be of use: those on the way to it may have expired (5.3.10).
   *
   * @throws OtaError `role-expired`, `role-signers` for a threshold that its keys cannot meet
   */
  rootsDone(): void {
    checkThresholds(this.#root);
    checkExpiry('root', this.#root, this.#now);
    this.#rootDone = true;
  }

  /**
   * Whether the timestamp and the snapshot of an earlier run are to be forgotten, since a later root withdrew a key of theirs
   * (5.3.11): whoever held it may have raised versions so far that no honest file could follow.
   */
  get forgets(): boolean {
    const [first, last] = [this.#first.signed, this.#root.signed];
    return keysWithdrawn(first, last, 'timestamp') || keysWithdrawn(first, last, 'snapshot');
  }

  /**
   * Remembers what was trusted in an earlier run, so that nothing goes back behind it. It may have expired. What `forgets`
   * says is to be forgotten is; so is what the keys of now did not sign, which proves nothing.
   */
  remember(timestamp: Uint8Array | undefined, snapshot: Uint8Array | undefined): void {
    if (!this.#rootDone || this.#timestamp) outOfOrder('what was trusted before');
    if (this.forgets) return;
    this.#oldTimestamp = timestamp && this.#ifVerified('timestamp', parseTimestamp, timestamp);
    this.#oldSnapshot = snapshot && this.#ifVerified('snapshot', parseSnapshot, snapshot);
  }

  /**
   * Takes the timestamp. One of the version that is trusted already changes nothing; the trusted one is given back.
   *
   * @throws OtaError as `parseRole`; `threshold-unmet`, `role-rollback`, `role-expired`
   */
  updateTimestamp(bytes: Uint8Array): Metadata<Timestamp> {
    if (!this.#rootDone) outOfOrder('the timestamp');
    const read = parseTimestamp(bytes, 'timestamp.json');
    verifyTopRole(read, this.#root, 'timestamp'); // 5.4.2
    const old = this.#timestamp ?? this.#oldTimestamp;
    if (old) {
      checkNotBehind('timestamp', read.signed.version, old.signed.version); // 5.4.3.1
      checkNotBehind('snapshot', read.signed.snapshot.version, old.signed.snapshot.version); // 5.4.3.2
    }
    const next = old?.signed.version === read.signed.version ? old : read;
    checkExpiry('timestamp', next, this.#now); // 5.4.4
    this.#timestamp = next;
    return next;
  }

  /** The snapshot of an earlier run, where it is the one that the timestamp names: it need not be fetched again. */
  get snapshotAtHand(): Sealed | undefined {
    const old = this.#oldSnapshot;
    const meta = this.timestamp.signed.snapshot;
    return old?.signed.version === meta.version && isAnnounced(old.sealed.bytes, meta)
      ? old.sealed
      : undefined;
  }

  /**
   * Takes the snapshot.
   *
   * @throws OtaError as `parseRole`; `length-mismatch`, `digest-mismatch`, `threshold-unmet`, `role-version`,
   *   `role-unlisted`, `role-rollback`, `role-expired`
   */
  updateSnapshot(bytes: Uint8Array): Metadata<Snapshot> {
    const meta = this.timestamp.signed.snapshot;
    checkBytes(bytes, meta, 'snapshot.json'); // 5.5.2, before anything in it is read
    const next = parseSnapshot(bytes, 'snapshot.json');
    verifyTopRole(next, this.#root, 'snapshot'); // 5.5.3
    checkVersion('snapshot', next.signed.version, meta.version); // 5.5.4
    // 5.5.5: no role that was in the trusted snapshot is gone or older, delegated ones included.
    for (const [name, old] of this.#oldSnapshot?.signed.meta ?? []) {
      checkNotBehind(name, metaOf(next, name).version, old.version);
    }
    checkExpiry('snapshot', next, this.#now); // 5.5.6
    this.#snapshot = next;
    return next;
  }

  /** What the snapshot says of a role (5.6.1). @throws OtaError `role-unlisted` */
  metaOf(name: string): MetaFile {
    return metaOf(this.snapshot, name);
  }

  /**
   * Takes a targets role on the authority of its delegator; every one comes through here, top-level or delegated.
   *
   * @throws OtaError as `parseRole`; `role-unlisted`, `role-undelegated`, `length-mismatch`, `digest-mismatch`, `threshold-unmet`,
   *   `role-version`, `role-expired`; `target-path`
   */
  updateTargets(name: string, bytes: Uint8Array, delegator: Delegator): Metadata<Targets> {
    if (!this.#delegators.has(delegator)) outOfOrder(name);
    const meta = this.metaOf(name);
    checkBytes(bytes, meta, `${name}.json`); // 5.6.2
    const next = parseTargets(bytes, `${name}.json`);
    this.#verifyTargets(next, name, delegator); // 5.6.3
    checkVersion(name, next.signed.version, meta.version); // 5.6.4
    checkExpiry(name, next, this.#now); // 5.6.5
    const trusted = this.#targets.get(delegator) ?? new Map<string, Metadata<Targets>>();
    this.#targets.set(delegator, trusted.set(name, next));
    this.#delegators.add(next);
    return next;
  }

  #verifyTargets(next: Metadata<Targets>, name: string, delegator: Delegator): void {
    if (delegator === 'root' && name === 'targets') {
      verifyTopRole(next, this.#root, name);
      return;
    }
    const delegations = delegator === 'root' ? undefined : delegator.signed.delegations;
    const role = delegations && delegationOf(delegations, name);
    if (!delegations || !role) {
      const by = delegator === 'root' ? 'the root' : `version ${delegator.signed.version} of its delegator`;
      throw new OtaError('role-undelegated', `${by} does not delegate to ${name}`, {
        where: name,
        hint: 'The publisher has to delegate to it; what it says counts for nothing before.',
      });
    }
    verifyRole(next, allKeys(delegations), role, name);
  }

  #ifVerified<T>(
    name: 'timestamp' | 'snapshot',
    parse: (bytes: Uint8Array, where: string) => Metadata<T>,
    bytes: Uint8Array,
  ): Metadata<T> | undefined {
    try {
      const metadata = parse(bytes, `trusted ${name}`);
      verifyTopRole(metadata, this.#root, name);
      return metadata;
    } catch (error) {
      if (error instanceof OtaError) return undefined;
      throw error;
    }
  }
}

/** The workflow is code of ours, so a step out of its order is a bug and has no code. */
function outOfOrder(what: string): never {
  throw new Error(`${what} does not come at this place of the workflow`);
}
