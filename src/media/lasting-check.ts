import { type Fault, OtaError } from '../core/errors.ts';
import { formatTime, type Seconds } from '../core/time.ts';
import { type Lasting, type Renewal, renewals } from './lasting.ts';

/**
 * Requires a medium to count for some days.
 *
 * @throws OtaError `role-expiring` with every role that does not last, who must sign it and when it expires
 */
export function checkLasting(
  products: readonly Lasting[],
  { now, days, force }: { readonly now: Seconds; readonly days: number; readonly force: boolean },
): void {
  const faults = products.flatMap((lasting) =>
    renewals(lasting, now, days).map(
      (renewal): Fault => ({
        where: renewal.role.role,
        message: renewalText(renewal, lasting, days),
      }),
    ),
  );
  if (faults.length === 0 || force) return;
  throw new OtaError(
    'role-expiring',
    `devices would not take the medium for ${days} days: nothing was written`,
    {
      // A role that two products need is told once.
      faults: [...new Map(faults.map((fault) => [`${fault.where} ${fault.message}`, fault])).values()],
      hint: '"ota media plan --valid-for" says what to do and what another profile would give. --force makes it all the same.',
    },
  );
}

/** Who must sign what, and why. */
export function renewalText({ role, why }: Renewal, { profile }: Lasting, days: number): string {
  const keys = role.keyids.map((keyid) => keyid.slice(0, 16)).join(', ');
  const signers = `to be signed by ${role.threshold} of ${keys}`;
  if (why === 'profile' && profile.expiry === 'limit')
    return `lets media count for ${profile.days} days, not ${days}: ${signers}`;
  const when = `${why === 'expired' ? 'expired' : 'expires'} at ${formatTime(role.expires)}`;
  return `${when}: ${signers}`;
}
