import { OtaError } from '../core/errors.ts';
import { isName, type Name, type Version } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import { MAX_BYTES } from '../device/client/fetch.ts';
import { refresh } from '../device/client/refresh.ts';
import type { TrustedRepository } from '../device/client/repository.ts';
import { memoryState } from '../device/client/state.ts';
import { type Archive, openArchive } from '../publish/archive.ts';
import { checkClock } from '../publish/clock.ts';
import { delegatedRoles } from '../publish/refresh.ts';
import { releasesOf } from '../publish/releases.ts';
import { signaturesKey } from '../publish/signature-files.ts';
import { type ArchivePageRef, parseArchiveIndex } from '../repository/archive.ts';
import { archivePagePath, archivePath, metadataKey, targetKey } from '../repository/layout.ts';
import type { Snapshot, Targets } from '../repository/model.ts';
import { parseSnapshot } from '../repository/parse-meta.ts';
import { parseTargets } from '../repository/parse-targets.ts';
import type { Trust } from '../repository/trust.ts';
import type { Store, Token } from '../storage/store.ts';

/** What a store's metadata leads to. */
export interface Reach {
  /** The timestamp that all of it follows from. */
  readonly token: Token;
  readonly timestampExpires: Seconds;
  /** What the present metadata leads to, with its length where that is signed. */
  readonly present: ReadonlyMap<string, number | undefined>;
  /** What an earlier snapshot leads to that a device may still go by. */
  readonly earlier: ReadonlySet<string>;
  /** The version of each role of the present snapshot, by its name. */
  readonly versions: ReadonlyMap<string, number>;
  readonly products: ReadonlyMap<Name, ProductReach>;
}

export interface ProductReach {
  /** That the product's role lists. */
  readonly live: ReadonlySet<Version>;
  readonly archive: Archive;
}

/**
 * Verifies the metadata of a store as a device does, and follows it to every key that it leads to; then the earlier snapshots that have
 * not expired, which are followed without being judged: what is kept because of them is kept at most too long.
 *
 * @param snapshots keys of snapshots that may not have expired
 * @param expired what expired by then is gone by no more
 * @throws OtaError `clock-wrong`; whatever a device would refuse the repository for
 */
export async function findReach(options: {
  readonly store: Store;
  readonly trust: Trust;
  readonly now: Seconds;
  readonly snapshots: Iterable<string>;
  readonly expired: Seconds;
}): Promise<Reach> {
  const { store, trust, now, snapshots, expired } = options;
  const [anchor] = trust.roots;
  if (!anchor) throw new OtaError('root-missing', 'there is no root to trust');
  const repository = await refresh({ store, state: memoryState(anchor), now });
  const { snapshot, timestamp } = repository;
  // By a clock that is ahead, what devices still go by would have expired.
  checkClock(store, timestamp.signed, now);
  const present = new Map<string, number | undefined>();
  const products = await followPresent(repository, present);
  const earlier = new Earlier(store);
  await earlier.follow(snapshot.signed);
  for (const key of snapshots) {
    const found = await store.read(key, MAX_BYTES.snapshot);
    const parsed = found && tried(() => parseSnapshot(found.bytes, key).signed);
    // What is no snapshot is nothing that a device goes by.
    if (!parsed || parsed.expires <= expired) continue;
    earlier.keys.add(key);
    await earlier.follow(parsed);
  }
  return {
    token: repository.timestampToken,
    timestampExpires: timestamp.signed.expires,
    present,
    earlier: earlier.keys,
    versions: new Map([
      ['snapshot', snapshot.signed.version],
      ...[...snapshot.signed.meta].map(([role, { version }]) => [role, version] as const),
    ]),
    products,
  };
}

/** Every role of the present snapshot, verified. */
async function followPresent(
  repository: TrustedRepository,
  present: Map<string, number | undefined>,
): Promise<ReadonlyMap<Name, ProductReach>> {
  const { snapshot, targets } = repository;
  const roles = await delegatedRoles({ repository, snapshot });
  const products = new Map<Name, ProductReach>();
  present.set(metadataKey('snapshot', snapshot.signed.version), snapshot.sealed.length);
  for (const [role, { version, length }] of snapshot.signed.meta)
    present.set(metadataKey(role, version), length);
  for (const { signed } of [targets, ...roles.map(({ metadata }) => metadata)]) {
    for (const [key, length] of keysOf(signed)) present.set(key, length);
  }
  for (const { role, metadata } of roles) {
    if (!isName(role)) continue;
    const archive = remembering(await openArchive(repository, metadata.signed, role));
    for (const [key, length] of pageKeys(role, archive.pages)) present.set(key, length);
    products.set(role, { live: new Set(releasesOf(metadata.signed).map(({ version }) => version)), archive });
  }
  return products;
}

/** Releases are looked for in their order, so most are on the page that was read last. */
function remembering(archive: Archive): Archive {
  let last: { readonly sha256: string; readonly releases: ReturnType<Archive['read']> } | undefined;
  const read: Archive['read'] = (page) => {
    if (last?.sha256 !== page.sha256) last = { sha256: page.sha256, releases: archive.read(page) };
    return last.releases;
  };
  return { ...archive, read };
}

/** The keys that a role's targets are at, and those of signatures that stand under the digest of their manifest. */
function* keysOf(role: Targets): Generator<readonly [string, number | undefined]> {
  for (const [path, { sha256, length }] of role.targets) yield [targetKey(path, sha256), length];
  for (const [path, { sha512, length }] of role.sha512Targets ?? []) yield [targetKey(path, sha512), length];
  for (const { product, version, manifest } of tried(() => releasesOf(role)) ?? []) {
    // Required nowhere: where the role lists the signatures they are there under their own digest.
    yield [signaturesKey({ product, version, manifestSha256: manifest.sha256 }), undefined];
  }
}

function* pageKeys(product: Name, pages: readonly ArchivePageRef[]): Generator<readonly [string, number]> {
  for (const { sha256, length } of pages) yield [targetKey(archivePagePath(product), sha256), length];
}

/** Follows snapshots as far as their files are there, each file once. */
class Earlier {
  readonly keys = new Set<string>();
  readonly #store: Store;
  readonly #followed = new Set<string>();

  constructor(store: Store) {
    this.#store = store;
  }

  async follow({ meta }: Snapshot): Promise<void> {
    for (const [role, { version }] of meta) {
      const key = metadataKey(role, version);
      this.keys.add(key);
      if (this.#followed.has(key)) continue;
      this.#followed.add(key);
      const found = await this.#store.read(key, MAX_BYTES.targets);
      const targets = found && tried(() => parseTargets(found.bytes, key).signed);
      if (!targets) continue;
      for (const [target] of keysOf(targets)) this.keys.add(target);
      if (isName(role)) await this.#followArchive(role, targets);
    }
  }

  async #followArchive(product: Name, role: Targets): Promise<void> {
    const path = archivePath(product);
    const file = role.targets.get(path);
    if (!file) return;
    const key = targetKey(path, file.sha256);
    if (this.#followed.has(key)) return;
    this.#followed.add(key);
    const found = await this.#store.read(key, file.length);
    const index = found && tried(() => parseArchiveIndex(found.bytes, path));
    for (const [page] of pageKeys(product, index?.pages ?? [])) this.keys.add(page);
  }
}

function tried<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof OtaError) return undefined;
    throw error;
  }
}
