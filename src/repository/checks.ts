import type { Digest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { formatTime, type Seconds } from '../core/time.ts';
import type { Metadata, MetaFile, RoleKeys, Root, Snapshot, TopRole } from './model.ts';
import { verifyRole } from './verify.ts';

/** @throws OtaError `threshold-unmet` */
export const verifyTopRole = (metadata: Metadata<unknown>, by: Metadata<Root>, name: TopRole): void =>
  verifyRole(metadata, by.signed.keys, by.signed.roles[name], name);

/** @throws OtaError `role-expired` at its expiry and after it */
export function checkExpiry(
  name: string,
  { signed }: Metadata<{ readonly version: number; readonly expires: Seconds }>,
  now: Seconds,
): void {
  if (signed.expires > now) return;
  throw new OtaError(
    'role-expired',
    `${name} version ${signed.version} expired at ${formatTime(signed.expires)}, and it is ${formatTime(now)}`,
    {
      where: name,
      hint: 'The publisher has to renew it; check also that the clock of this machine is right.',
    },
  );
}

/** @throws OtaError `role-version` */
export function checkVersion(name: string, version: number, expected: number): void {
  if (version === expected) return;
  throw new OtaError('role-version', `${name} has version ${version}, and ${expected} is what must come`, {
    where: name,
    hint: 'The repository is inconsistent or something answers with other files; try again, then tell the publisher.',
  });
}

/** @throws OtaError `role-rollback` */
export function checkNotBehind(name: string, version: number, trusted: number): void {
  if (version >= trusted) return;
  throw new OtaError('role-rollback', `${name} went back from version ${trusted} to ${version}`, {
    where: name,
    hint: 'An old copy of the repository was served: a stale mirror, a restored backup, or an attack.',
  });
}

/** @throws OtaError `role-missing` */
export function metaOf(snapshot: Metadata<Snapshot>, name: string): MetaFile {
  const meta = snapshot.signed.meta.get(name);
  if (meta) return meta;
  throw new OtaError('role-missing', `snapshot version ${snapshot.signed.version} does not list ${name}`, {
    where: name,
    hint: 'A role never leaves a repository; the publisher has to make a snapshot that lists it.',
  });
}

/**
 * Requires bytes to be the ones that were announced, as far as a length and a digest were.
 *
 * @throws OtaError `length-mismatch`, `digest-mismatch`
 */
export function checkFile(file: Digest, announced: Partial<Digest>, where: string): void {
  if (announced.length !== undefined && file.length !== announced.length) {
    throw new OtaError('length-mismatch', `${where} has ${file.length} bytes, not ${announced.length}`, {
      where,
    });
  }
  if (announced.sha256 !== undefined && file.sha256 !== announced.sha256) {
    throw new OtaError(
      'digest-mismatch',
      `${where} has the SHA-256 ${file.sha256}, not ${announced.sha256}`,
      {
        where,
      },
    );
  }
}

export const isFile = (file: Digest, announced: Partial<Digest>): boolean =>
  file.length === (announced.length ?? file.length) && file.sha256 === (announced.sha256 ?? file.sha256);

/** Whether a key that a root trusted for a role is no longer trusted for it by a later root. */
export function keysWithdrawn(before: Root, after: Root, name: TopRole): boolean {
  const kept: RoleKeys = after.roles[name];
  return before.roles[name].keyids.some((keyid) => !kept.keyids.includes(keyid));
}
