import type { Sealed } from '../core/digest.ts';
import type { JsonObject } from '../core/json/value.ts';
import type { Name } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import { buildSnapshot, buildTargets, buildTimestamp } from '../repository/build.ts';
import { channelsPattern, channelsRole } from '../repository/layout.ts';
import type { Delegations, MetaFile, Root, TargetFile, Targets } from '../repository/model.ts';
import { expiryOf } from '../repository/policy.ts';

/**
 * The signed part of a product's next role (TUF 1.0.34, section 4.5): what it listed before with `added` on top.
 *
 * The first one delegates the product's channels to the keys of the timestamp role: they are online already, and a
 * later rotation can part them.
 */
export function productDocument(options: {
  readonly product: Name;
  readonly version: number;
  readonly previous: Targets | undefined;
  readonly added: ReadonlyMap<string, TargetFile>;
  readonly root: Root;
  readonly now: Seconds;
}): JsonObject {
  return buildTargets({
    version: options.version,
    expires: expiryOf('product', options.now),
    targets: merged(options.previous, options.added),
    delegations: options.previous?.delegations ?? firstChannels(options.product, options.root),
  });
}

/** The signed part of a product's channels role with one channel set. */
export const channelsDocument = (options: {
  readonly version: number;
  readonly previous: Targets | undefined;
  readonly added: ReadonlyMap<string, TargetFile>;
  readonly now: Seconds;
}): JsonObject =>
  buildTargets({
    version: options.version,
    expires: expiryOf('channels', options.now),
    targets: merged(options.previous, options.added),
  });

/** The signed part of the next snapshot (section 4.4). TUF forbids a role to leave it, so entries are only set. */
export const snapshotDocument = (options: {
  readonly version: number;
  readonly previous: ReadonlyMap<string, MetaFile> | undefined;
  readonly changed: ReadonlyMap<string, MetaFile>;
  readonly now: Seconds;
}): JsonObject =>
  buildSnapshot({
    version: options.version,
    expires: expiryOf('snapshot', options.now),
    meta: new Map([...(options.previous ?? []), ...options.changed]),
  });

/** The signed part of the next timestamp (section 4.6). */
export const timestampDocument = (options: {
  readonly version: number;
  readonly snapshot: { readonly version: number; readonly sealed: Sealed };
  readonly now: Seconds;
}): JsonObject =>
  buildTimestamp({
    version: options.version,
    expires: expiryOf('timestamp', options.now),
    snapshot: metaOf(options.snapshot.version, options.snapshot.sealed),
  });

export const metaOf = (version: number, { length, sha256 }: Sealed) => ({ version, length, sha256 });

export function firstChannels(product: Name, root: Root): Delegations {
  const { keyids, threshold } = root.roles.timestamp;
  return {
    keys: new Map([...root.keys].filter(([keyid]) => keyids.includes(keyid))),
    roles: [
      {
        name: channelsRole(product),
        keyids,
        threshold,
        terminating: true,
        paths: [channelsPattern(product)],
      },
    ],
  };
}

const merged = (previous: Targets | undefined, added: ReadonlyMap<string, TargetFile>) =>
  new Map([...(previous?.targets ?? []), ...added]);
