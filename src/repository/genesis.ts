import type { Sealed } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import type { PublicKey } from '../keys/public-key.ts';
import type { Signer } from '../keys/signer.ts';
import { buildRoot, buildTargets, signRole } from './build.ts';
import { productPattern } from './layout.ts';
import type { Metadata, Targets } from './model.ts';
import { productRole } from './names.ts';
import { expiryOf } from './policy.ts';

/**
 * The first trust of a repository as small as one person's: one key for root, targets and the product's releases, another
 * for snapshot and timestamp, all thresholds 1. Splitting it later is a rotation like any other.
 *
 * @throws OtaError `name-invalid` for a product whose role would be mistaken for another; what the signer throws
 */
export async function createTrust(options: {
  readonly product: Name;
  readonly releaseSigner: Signer;
  readonly onlineKey: PublicKey;
  readonly now: Seconds;
}): Promise<{ readonly root: Sealed; readonly targets: Sealed }> {
  const { product, releaseSigner, onlineKey, now } = options;
  const release = releaseSigner.publicKey;
  const offline = { keyids: [release.keyid], threshold: 1 };
  const online = { keyids: [onlineKey.keyid], threshold: 1 };
  const root = buildRoot({
    version: 1,
    expires: expiryOf('root', now),
    keys: [release, onlineKey],
    roles: { root: offline, targets: offline, snapshot: online, timestamp: online },
  });
  const targets = buildTargets({
    version: 1,
    expires: expiryOf('targets', now),
    targets: new Map(),
    delegations: {
      keys: new Map([[release.keyid, release]]),
      roles: [
        { name: productRole(product), ...offline, terminating: true, paths: [productPattern(product)] },
      ],
    },
  });
  return { root: await signRole(root, [releaseSigner]), targets: await signRole(targets, [releaseSigner]) };
}

/**
 * Whose signatures make a release of a product genuine, and how many of them it takes.
 *
 * @throws OtaError `product-unknown` where the targets role does not delegate the product's releases
 */
export function productDelegation(
  targets: Metadata<Targets>,
  product: Name,
): { readonly keys: readonly PublicKey[]; readonly threshold: number } {
  const delegations = targets.signed.delegations;
  const name = productRole(product);
  const role = delegations?.roles.find((item) => item.name === name);
  if (!delegations || !role?.paths?.includes(productPattern(product))) {
    throw new OtaError('product-unknown', `this trust does not know a product ${product}`, {
      where: `targets version ${targets.signed.version}`,
      hint: 'Use the trust folder of the repository that publishes it, or have the product added there.',
    });
  }
  // A manifest is signed by Ed25519 keys; one of another type in the role counts for its metadata only.
  const keys = role.keyids.flatMap((keyid) => delegations.keys.get(keyid) ?? []);
  return { keys, threshold: role.threshold };
}
