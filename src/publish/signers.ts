import { toHex } from '../core/bytes.ts';
import { OtaError } from '../core/errors.ts';
import type { Signer } from '../keys/signer.ts';
import type { RoleKeys, Signature } from '../repository/model.ts';
import type { PlannedRole } from './plan.ts';
import type { Sign } from './sign-plan.ts';

/** The keys at hand, by keyid. */
export type Keyring = ReadonlyMap<string, Signer>;

/** The keyids of keys at hand, whether they are unlocked or not. */
export interface AtHand {
  has(keyid: string): boolean;
}

export const keyring = (signers: readonly Signer[]): Keyring =>
  new Map(signers.map((signer) => [signer.publicKey.keyid, signer]));

/** Whether the keys at hand are enough for a role. */
export const canSign = (atHand: AtHand, { keyids, threshold }: RoleKeys): boolean =>
  keyids.filter((keyid) => atHand.has(keyid)).length >= threshold;

/**
 * Signs each role with all of its keys that are at hand, beside the signatures that its other keys gave already.
 *
 * @param given by role
 */
export const signWith =
  (ring: Keyring, given: ReadonlyMap<string, readonly Signature[]> = new Map()): Sign =>
  async ({ role, version, keys, message }) => {
    const signatures = [...(given.get(role) ?? [])];
    for (const keyid of keys.keyids) {
      const signer = ring.get(keyid);
      if (!signer || signatures.some((item) => item.keyid === keyid)) continue;
      signatures.push({ keyid, sig: toHex(await signer.sign(message, { what: `${role} ${version}` })) });
    }
    return signatures;
  };

/**
 * Requires the keys at hand to be enough, naming every role that lacks some at once: asked before anything is made.
 *
 * @throws OtaError `signatures-missing`
 */
export function checkAtHand(atHand: AtHand, roles: readonly Pick<PlannedRole, 'role' | 'keys'>[]): void {
  const faults = roles
    .filter(({ keys }) => !canSign(atHand, keys))
    .map(({ role, keys: { keyids, threshold } }) => {
      const missing = keyids.filter((keyid) => !atHand.has(keyid)).map((keyid) => keyid.slice(0, 16));
      const have = keyids.length - missing.length;
      return {
        where: role,
        message: `has ${have} of ${threshold} keys; any of these would do: ${missing.join(', ')}`,
      };
    });
  if (faults.length === 0) return;
  throw new OtaError('signatures-missing', 'the keys at hand cannot sign what is to be published', {
    faults,
    hint: 'Name the key files with --key, or under keys: in ota.yaml; nothing was uploaded.',
  });
}
