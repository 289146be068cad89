import type { JsonObject } from '../core/json/value.ts';
import type { Name } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import { buildTargets } from '../repository/build.ts';
import { channelsPattern, channelsRole } from '../repository/layout.ts';
import type { Delegations, Root, TargetFile, Targets } from '../repository/model.ts';

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
  readonly expires: Seconds;
}): JsonObject {
  return buildTargets({
    version: options.version,
    expires: options.expires,
    targets: merged(options.previous, options.added),
    delegations: options.previous?.delegations ?? firstChannels(options.product, options.root),
  });
}

/** The signed part of a product's channels role with one channel set. */
export const channelsDocument = (options: {
  readonly version: number;
  readonly previous: Targets | undefined;
  readonly added: ReadonlyMap<string, TargetFile>;
  readonly expires: Seconds;
}): JsonObject =>
  buildTargets({
    version: options.version,
    expires: options.expires,
    targets: merged(options.previous, options.added),
  });

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
