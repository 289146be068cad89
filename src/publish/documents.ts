import type { JsonObject } from '../core/json/value.ts';
import type { Name } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import { buildTargets } from '../repository/build.ts';
import { channelsPattern, channelsRole } from '../repository/layout.ts';
import type { Delegations, Root, TargetFile, Targets } from '../repository/model.ts';

/**
 * The signed part of a product's next role (TUF 1.0.34, section 4.5).
 *
 * The first one delegates the product's channels to the keys of the timestamp role: they are online already, and a
 * later rotation can part them.
 *
 * @param targets all that it lists
 */
export function productDocument(options: {
  readonly product: Name;
  readonly version: number;
  readonly expires: Seconds;
  readonly targets: ReadonlyMap<string, TargetFile>;
  readonly previous: Targets | undefined;
  readonly root: Root;
}): JsonObject {
  const { version, expires, targets, previous, product, root } = options;
  const delegations = previous?.delegations ?? firstChannels(product, root);
  return buildTargets({
    version,
    expires,
    targets,
    delegations,
    ...(previous?.media === undefined ? {} : { media: previous.media }),
    ...(previous?.unknown === undefined ? {} : { unknown: previous.unknown }),
  });
}

/** The signed part of a product's channels role. @param targets all that it lists */
export const channelsDocument = (options: {
  readonly version: number;
  readonly expires: Seconds;
  readonly targets: ReadonlyMap<string, TargetFile>;
}): JsonObject =>
  buildTargets({ version: options.version, expires: options.expires, targets: options.targets });

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
