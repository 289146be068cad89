import { Hasher } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { formatTime, type Seconds } from '../core/time.ts';
import {
  type Announced,
  type Metadata,
  type MetaFile,
  type RoleKeys,
  type Root,
  type Snapshot,
  TOP_ROLES,
  type TopRole,
} from './model.ts';
import { allKeys } from './parse-keys.ts';
import { verifyRole } from './verify.ts';

/** @throws OtaError `threshold-unmet` */
export const verifyTopRole = (metadata: Metadata<unknown>, by: Metadata<Root>, name: TopRole): void =>
  verifyRole(metadata, allKeys(by.signed), by.signed.roles[name], name);

/**
 * Requires that the keys of every role can meet its threshold (TUF 1.0.34, section 4.3). A root on the way to the one that
 * counts need not be so: like its expiry, this is asked of the last one only.
 *
 * @throws OtaError `role-signers`
 */
export function checkThresholds({ signed }: Metadata<Root>): void {
  for (const name of TOP_ROLES) {
    const { keyids, threshold } = signed.roles[name];
    if (threshold > keyids.length) {
      throw new OtaError(
        'role-signers',
        `root version ${signed.version} asks for a threshold of ${threshold} signatures of ${name}, which has ${keyids.length} keys`,
        {
          where: `root: roles.${name}.threshold`,
          hint: 'Nothing can be signed under it: the publisher has to make another root.',
        },
      );
    }
  }
}

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

/** @throws OtaError `role-unlisted` */
export function metaOf(snapshot: Metadata<Snapshot>, name: string): MetaFile {
  const meta = snapshot.signed.meta.get(name);
  if (meta) return meta;
  throw new OtaError('role-unlisted', `snapshot version ${snapshot.signed.version} does not list ${name}`, {
    where: name,
    hint: 'A role never leaves a repository; the publisher has to make a snapshot that lists it.',
  });
}

/**
 * Requires a file to be the one that was announced, as far as a length and a hash were.
 *
 * @param hex the file's hash by the algorithm that is asked for
 * @throws OtaError `length-mismatch`, `digest-mismatch`
 */
export function checkFile(
  length: number,
  hex: (algorithm: HashName) => string,
  announced: Announced,
  where: string,
): void {
  if (length !== (announced.length ?? length)) {
    throw new OtaError('length-mismatch', `${where} has ${length} bytes, not ${announced.length}`, {
      where,
      hint: OTHER_FILE,
    });
  }
  const algorithm = hashOf(announced);
  if (algorithm === undefined) return;
  const found = hex(algorithm);
  if (found === announced[algorithm]) return;
  throw new OtaError(
    'digest-mismatch',
    `${where} has the ${HASH_LABELS[algorithm]} ${found}, not ${announced[algorithm]}`,
    { where, hint: OTHER_FILE },
  );
}

const OTHER_FILE =
  'It is damaged, or a mirror answers with another file. Try again; if it stays so, tell the publisher.';

/** As `checkFile`, of bytes. */
export const checkBytes = (bytes: Uint8Array, announced: Announced, where: string): void =>
  checkFile(bytes.length, (algorithm) => hashHex(bytes, algorithm), announced, where);

export const isAnnounced = (bytes: Uint8Array, announced: Announced): boolean => {
  const algorithm = hashOf(announced);
  return (
    bytes.length === (announced.length ?? bytes.length) &&
    (algorithm === undefined || hashHex(bytes, algorithm) === announced[algorithm])
  );
};

const HASH_LABELS = { sha256: 'SHA-256', sha512: 'SHA-512' } as const;
export type HashName = keyof typeof HASH_LABELS;

/** The hash that a file is checked by, if it has one. */
export const hashOf = (announced: Announced): HashName | undefined =>
  announced.sha256 !== undefined ? 'sha256' : announced.sha512 !== undefined ? 'sha512' : undefined;

const hashHex = (bytes: Uint8Array, algorithm: HashName): string => new Hasher(algorithm).update(bytes).hex();

/** Whether a key that a root trusted for a role is no longer trusted for it by a later root. */
export function keysWithdrawn(before: Root, after: Root, name: TopRole): boolean {
  const kept: RoleKeys = after.roles[name];
  return before.roles[name].keyids.some((keyid) => !kept.keyids.includes(keyid));
}
