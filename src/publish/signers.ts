import { OtaError } from '../core/errors.ts';
import type { Signer } from '../keys/signer.ts';
import type { RoleKeys } from '../repository/model.ts';

/** The keys at hand, by keyid. */
export type Keyring = ReadonlyMap<string, Signer>;

export const keyring = (signers: readonly Signer[]): Keyring =>
  new Map(signers.map((signer) => [signer.publicKey.keyid, signer]));

/** Whether the keys at hand are enough for a role. */
export const canSign = (ring: Keyring, { keyids, threshold }: RoleKeys): boolean =>
  keyids.filter((keyid) => ring.has(keyid)).length >= threshold;

/** A role that is about to be signed, and by whom it must be. */
export interface RoleToSign {
  readonly name: string;
  readonly keys: RoleKeys;
}

/**
 * The signers of each role, or every role that lacks some, at once: asked before anything is uploaded.
 *
 * @throws OtaError `signatures-missing`
 */
export function signersOf(
  ring: Keyring,
  roles: readonly RoleToSign[],
): ReadonlyMap<string, readonly Signer[]> {
  const result = new Map<string, readonly Signer[]>();
  const faults: { where: string; message: string }[] = [];
  for (const { name, keys } of roles) {
    const signers = keys.keyids.flatMap((keyid) => ring.get(keyid) ?? []);
    result.set(name, signers);
    if (signers.length >= keys.threshold) continue;
    const missing = keys.keyids.filter((keyid) => !ring.has(keyid)).map((keyid) => keyid.slice(0, 16));
    faults.push({
      where: name,
      message: `has ${signers.length} of ${keys.threshold} keys; any of these would do: ${missing.join(', ')}`,
    });
  }
  if (faults.length === 0) return result;
  throw new OtaError('signatures-missing', 'the keys at hand cannot sign what is to be published', {
    faults,
    hint: 'Name the key files with --key, or under keys: in ota.yaml; nothing was uploaded.',
  });
}
