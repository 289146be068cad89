import { fromHex } from '../core/bytes.ts';
import { OtaError } from '../core/errors.ts';
import { canonicalJson } from '../core/json/canonical.ts';
import { identityOf, type RoleKey, verifyWith } from '../keys/role-key.ts';
import type { Metadata, RoleKeys } from './model.ts';

/**
 * Requires a role to be signed by its threshold of keys (TUF 1.0.34, sections 4.2 and 5.3.4): signatures over the canonical
 * JSON of the signed part, counted by distinct public keys.
 *
 * @param keys the keys of the delegator, by keyid
 * @param name the role's name, for messages
 * @throws OtaError `threshold-unmet`
 */
export function verifyRole(
  metadata: Metadata<unknown>,
  keys: ReadonlyMap<string, RoleKey>,
  roleKeys: RoleKeys,
  name: string,
): void {
  const signed = signersOf(metadata, keys, roleKeys).size;
  if (roleKeys.threshold >= 1 && signed >= roleKeys.threshold) return;
  throw new OtaError(
    'threshold-unmet',
    `${name} version ${versionOf(metadata)} has ${signed} valid signatures of the ${roleKeys.threshold} that it needs`,
    {
      where: name,
      hint: 'It is signed by other keys than those trusted for it, by too few of them, or was altered after signing.',
    },
  );
}

/** As `verifyRole`, as an answer. */
export const isSignedBy = (
  metadata: Metadata<unknown>,
  keys: ReadonlyMap<string, RoleKey>,
  roleKeys: RoleKeys,
): boolean => signersOf(metadata, keys, roleKeys).size >= Math.max(roleKeys.threshold, 1);

/** Who of `roleKeys` validly signed: the keyid of each, by what identifies the key itself, so that one key is one signer. */
export function signersOf(
  metadata: Metadata<unknown>,
  keys: ReadonlyMap<string, RoleKey>,
  roleKeys: RoleKeys,
): ReadonlyMap<string, string> {
  const message = canonicalJson(metadata.document);
  const named = new Set(roleKeys.keyids);
  const signers = new Map<string, string>();
  for (const { keyid, sig } of metadata.signatures) {
    const key = named.has(keyid) ? keys.get(keyid) : undefined;
    const identity = key && identityOf(key);
    const signature = fromHex(sig);
    if (!key || identity === undefined || signature === undefined) continue;
    if (verifyWith(key, message, signature)) signers.set(identity, keyid);
  }
  return signers;
}

const versionOf = (metadata: Metadata<unknown>): string => String(metadata.document.version);
