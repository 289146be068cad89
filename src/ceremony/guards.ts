import { OtaError } from '../core/errors.ts';
import { DAY, formatTime, type Seconds } from '../core/time.ts';
import { refuseDemoKey } from '../keys/demo.ts';
import type { RoleKeys } from '../repository/model.ts';
import { readBase } from './base.ts';
import type { Proposal } from './model.ts';

/** What nobody who is asked to sign can be expected to still answer for. */
const MAX_LIFETIME: Seconds = 3653 * DAY;

/** @throws OtaError `threshold-invalid` where it is not a whole number from 1 to the number of keys */
export function checkThreshold(name: string, { keyids, threshold }: RoleKeys): void {
  if (Number.isSafeInteger(threshold) && threshold >= 1 && threshold <= keyids.length) return;
  throw new OtaError(
    'threshold-invalid',
    `${name} would need ${threshold} signatures of ${keyids.length} keys, which nobody could give`,
    {
      where: name,
      hint: 'Add a key before you remove one or raise the threshold; lower the threshold before you remove a key.',
    },
  );
}

/** @throws OtaError `expiry-invalid` in the past, or more than ten years ahead */
export function checkExpiryDate(name: string, expires: Seconds, now: Seconds): void {
  const wrong =
    expires <= now
      ? `would have expired already, at ${formatTime(expires)}`
      : expires > now + MAX_LIFETIME
        ? `would be valid until ${formatTime(expires)}, more than ten years`
        : undefined;
  if (wrong === undefined) return;
  throw new OtaError('expiry-invalid', `${name} ${wrong}`, {
    where: name,
    hint: 'Check the year, and that the clock of this machine is right.',
  });
}

/**
 * Whether every role of a proposal can still be signed, and the new root be signed by the threshold of the old one, by keys
 * that are not lost; no key counts twice, and none is the demo's.
 *
 * @throws OtaError `key-duplicate`, `key-demo`, `key-lost`, `threshold-lost`
 */
export function checkKeys(proposal: Proposal): void {
  for (const [name, role] of proposal.roles) {
    const twice = role.keyids.find((keyid, index) => role.keyids.indexOf(keyid) !== index);
    if (twice !== undefined) throw duplicate(name, twice);
    for (const keyid of role.keyids) refuseDemoKey(keyid, name);
    if (left(role, proposal.lost) < role.threshold) throw unsignable(name, role, proposal.lost);
  }
  const { root } = readBase(proposal.base);
  const old = root.signed.roles.root;
  if (left(old, proposal.lost) < old.threshold) throw rootLost(old, left(old, proposal.lost));
}

const left = ({ keyids }: RoleKeys, lost: ReadonlySet<string>): number =>
  keyids.filter((keyid) => !lost.has(keyid)).length;

const duplicate = (name: string, keyid: string): OtaError =>
  new OtaError('key-duplicate', `key ${keyid.slice(0, 16)} signs for ${name} already`, {
    where: name,
    hint: 'One key counts once. Have the other person make a key of their own.',
  });

function unsignable(name: string, { keyids, threshold }: RoleKeys, lost: ReadonlySet<string>): OtaError {
  const gone = keyids.filter((keyid) => lost.has(keyid)).map((keyid) => keyid.slice(0, 16));
  return new OtaError(
    'key-lost',
    `${name} needs ${threshold} signatures and would still count on lost keys: ${gone.join(', ')}`,
    {
      where: name,
      hint: 'Put another key in the place of each lost one: ota root rotate OLD NEW.pub --lost.',
    },
  );
}

const rootLost = ({ threshold }: RoleKeys, remaining: number): OtaError =>
  new OtaError(
    'threshold-lost',
    `the present root needs ${threshold} signatures under the next one, and ${remaining} of its keys are left`,
    {
      where: 'root',
      hint: 'This root can never be changed again: look for a backup of the keys, and read docs/ceremonies/threshold-lost.md.',
    },
  );
