import { OtaError } from '../../core/errors.ts';
import type { Progress } from '../../core/progress.ts';
import { targetKey } from '../../repository/layout.ts';
import { type FoundTarget, findTarget, type Target } from '../../repository/lookup.ts';
import type { Metadata, Root, Snapshot, Targets, Timestamp } from '../../repository/model.ts';
import { delegatorOf } from '../../repository/names.ts';
import type { Delegator, TrustedMetadata } from '../../repository/trusted.ts';
import type { ReadStore, Token } from '../../storage/store.ts';
import { downloadTarget, readTarget } from './download.ts';
import type { MetadataSource } from './fetch.ts';
import { type ClientState, targetsFile } from './state.ts';

const SMALL_TARGET = 16 * 2 ** 20;

/** A repository as of one refresh: its four top-level roles verified, delegated roles as they are asked for. */
export class TrustedRepository {
  /** The store's token of the timestamp that was read: what replacing it has to be conditional on. */
  readonly timestampToken: Token;
  readonly #store: ReadStore;
  readonly #state: ClientState;
  readonly #source: MetadataSource;
  readonly #trusted: TrustedMetadata;
  readonly #progress: Progress;
  readonly #partial: boolean;

  /** Made by `refresh`. */
  constructor(parts: {
    readonly store: ReadStore;
    readonly state: ClientState;
    readonly source: MetadataSource;
    readonly trusted: TrustedMetadata;
    readonly timestampToken: Token;
    readonly progress: Progress;
    readonly partial: boolean;
  }) {
    this.#store = parts.store;
    this.#state = parts.state;
    this.#source = parts.source;
    this.#trusted = parts.trusted;
    this.#progress = parts.progress;
    this.#partial = parts.partial;
    this.timestampToken = parts.timestampToken;
  }

  get root(): Metadata<Root> {
    return this.#trusted.root;
  }

  get timestamp(): Metadata<Timestamp> {
    return this.#trusted.timestamp;
  }

  get snapshot(): Metadata<Snapshot> {
    return this.#trusted.snapshot;
  }

  get targets(): Metadata<Targets> {
    const targets = this.#trusted.targets('targets', 'root');
    if (targets) return targets;
    throw new Error('a repository is made after its targets role is trusted');
  }

  /**
   * A targets role by its name, in the layout that this tool publishes: `gateway.channels` on the authority of `gateway`.
   *
   * @throws OtaError as `delegated`
   */
  async role(name: string): Promise<Metadata<Targets>> {
    return name === 'targets' ? this.targets : this.delegated(name, await this.role(delegatorOf(name)));
  }

  /**
   * A role on the authority of one that was got from this repository; kept in the state once it is verified.
   *
   * @throws OtaError as `TrustedMetadata.updateTargets` and `ReadStore.read`
   */
  async delegated(name: string, delegator: Delegator): Promise<Metadata<Targets>> {
    const trusted = this.#trusted.targets(name, delegator);
    if (trusted) return trusted;
    const { role, fetched } = await loadTargets(this.#trusted, this.#source, this.#state, name, delegator);
    if (fetched) await this.#state.commit(new Map([[targetsFile(name), role.sealed.bytes]]));
    return role;
  }

  /**
   * Who vouches for a target path, or `undefined`: delegations of any depth are asked, in their order (5.6.7).
   *
   * @throws OtaError `target-path` and as `delegated`
   */
  locate(path: string): Promise<FoundTarget | undefined> {
    return findTarget(path, (name, delegator) => this.delegated(name, delegator));
  }

  /** As `locate`, for a target that has a SHA-256. @throws OtaError `target-hash` where it has another hash only */
  async find(path: string): Promise<Target | undefined> {
    const found = await this.locate(path);
    if (found?.sha256 !== undefined || found === undefined) return found;
    throw new OtaError('target-hash', `${found.role} lists ${path} without a SHA-256`, {
      where: path,
      hint: 'The publisher has to list it with its SHA-256, by which a device knows what it has.',
    });
  }

  /** As `find`. @throws OtaError `target-unlisted` where nobody does */
  async get(path: string): Promise<Target> {
    const target = await this.find(path);
    if (target) return target;
    throw new OtaError('target-unlisted', `no role of ${this.#store.url} vouches for ${path}`, {
      where: path,
      hint: 'It was withdrawn or never published: check the name, or ask the publisher.',
    });
  }

  /** Whether a target is to be had: only a medium lacks what its roles list, and only that is asked. Errors as `ReadStore.stat`. */
  async holds({ path, sha256, sha512 }: FoundTarget): Promise<boolean> {
    if (!this.#partial) return true;
    const digest = this.root.signed.consistentSnapshot ? (sha256 ?? sha512) : undefined;
    return (await this.#store.stat(targetKey(path, digest))) !== undefined;
  }

  /** Streams a target; only reading to the end makes it trusted. Errors as `downloadTarget`. */
  download(target: FoundTarget): AsyncGenerator<Uint8Array> {
    return downloadTarget(this.#store, target, this.root.signed.consistentSnapshot, this.#progress);
  }

  /** A whole target of at most `maxBytes`. Errors as `download`, and `length-mismatch` for a larger one. */
  read(target: FoundTarget, maxBytes = SMALL_TARGET): Promise<Uint8Array> {
    return readTarget(this.download(target), target, maxBytes);
  }
}

/** A targets role from the state where that one still holds, else from the store. */
export async function loadTargets(
  trusted: TrustedMetadata,
  source: MetadataSource,
  state: ClientState,
  name: string,
  delegator: Delegator,
): Promise<{ readonly role: Metadata<Targets>; readonly fetched: boolean }> {
  const meta = trusted.metaOf(name);
  const kept = await state.load(targetsFile(name));
  if (kept) {
    try {
      return { role: trusted.updateTargets(name, kept, delegator), fetched: false };
    } catch (error) {
      // One of an earlier version, most often: it is no longer the one that counts.
      if (!(error instanceof OtaError)) throw error;
    }
  }
  const version = trusted.root.signed.consistentSnapshot ? meta.version : undefined;
  const bytes = await source.announced(name, meta, version);
  return { role: trusted.updateTargets(name, bytes, delegator), fetched: true };
}
