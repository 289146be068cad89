import { equalBytes } from '../core/bytes.ts';
import { sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { canonicalJson } from '../core/json/canonical.ts';
import { formatSize } from '../core/sizes.ts';
import { DAY, formatTime, type Seconds } from '../core/time.ts';
import { isDelegated } from '../repository/match.ts';
import type { DelegatedPaths, Metadata, TargetFile, Targets } from '../repository/model.ts';
import { type Change, difference } from './change.ts';
import { isChannelPath } from './channel-changes.ts';

const LONG: Seconds = 5 * 365 * DAY;
const SHORT: Seconds = 7 * DAY;

interface Head {
  readonly version: number;
  readonly expires: Seconds;
}

/**
 * How a role's version and expiry change.
 *
 * @throws OtaError `role-rollback` for a version that does not go up, `role-expired`
 */
export function headChanges(
  name: string,
  before: Metadata<Head> | undefined,
  after: Metadata<Head>,
  now: Seconds,
): readonly Change[] {
  const { version, expires } = after.signed;
  const from = before?.signed.version;
  if (from !== undefined && version <= from) {
    throw new OtaError('role-rollback', `${name} ${version} would come after ${name} ${from}`, {
      where: name,
      hint: 'Devices refuse a version that does not go up. Have the request made again.',
    });
  }
  if (expires <= now) {
    throw new OtaError(
      'role-expired',
      `${name} ${version} would expire at ${formatTime(expires)}, and it is ${formatTime(now)}`,
      {
        where: name,
        hint: 'Check the clock of this machine; if it is right, have the request made again.',
      },
    );
  }
  const jump = version - (from ?? 0);
  const left = expires - now;
  return [
    {
      what: from === undefined ? 'role-first' : 'version',
      subject: name,
      ...(from === undefined ? {} : { from: String(from) }),
      to: String(version),
      ...(jump === 1 ? {} : { warning: `jumps by ${jump}: every version between is given up for ever` }),
    },
    {
      what: 'expires',
      subject: name,
      ...(before === undefined ? {} : { from: formatTime(before.signed.expires) }),
      to: formatTime(expires),
      ...(left > LONG ? { warning: `is trusted for ${Math.round(left / DAY)} days` } : {}),
      ...(left < SHORT ? { warning: `expires in ${Math.floor(left / DAY)} days` } : {}),
    },
  ];
}

/**
 * Requires a delegated role to keep to the paths that it is given.
 *
 * @throws OtaError `request-invalid`
 */
export function checkScope(name: string, role: Targets, scope: DelegatedPaths): void {
  const outside = [...role.targets.keys()].find((path) => !isDelegated(scope, path));
  if (outside === undefined) return;
  throw new OtaError('request-invalid', `${name} lists ${outside}, which it may not speak about`, {
    where: name,
    hint: 'Sign nothing. Ask who made the request.',
  });
}

/**
 * How the targets of a role change.
 *
 * @param shown whether a path is shown by its content: a release by its manifest, a channel by its document
 */
export function targetChanges(
  before: Targets | undefined,
  after: Targets,
  shown: (path: string) => boolean,
): readonly Change[] {
  const old = before?.targets ?? new Map<string, TargetFile>();
  const { added, removed } = difference(old.keys(), after.targets.keys());
  const gone = new Set(removed.filter(isManifest).map(folderOf));
  const changed = [...after.targets].filter(([path, file]) => {
    const published = old.get(path);
    return published !== undefined && !sameTarget(published, file) && !shown(path);
  });
  return [
    ...[...gone].map((folder): Change => ({ what: 'release-removed', subject: titleOf(folder) })),
    ...removed
      .filter((path) => !gone.has(folderOf(path)))
      .map(
        (path): Change => ({
          what: 'file-removed',
          subject: path,
          warning: isChannelPath(path)
            ? 'is removed: its devices are given nothing any more'
            : 'is no longer genuine',
        }),
      ),
    ...added
      .filter((path) => !shown(path))
      .map((path): Change => ({ what: 'file-added', subject: path, ...shownAs(after.targets.get(path)) })),
    ...changed.map(
      ([path, file]): Change => ({
        what: 'file-changed',
        subject: path,
        ...wasShownAs(old.get(path)),
        ...shownAs(file),
        // The one target that is replaced: it grows by the releases that leave the role.
        ...(path.endsWith('/archive/releases.json') ? {} : { warning: 'a published file would change' }),
      }),
    ),
  ];
}

/** Releases that a role lists anew: folders as `gateway/2.4.0/`. */
export function addedReleases(before: Targets | undefined, after: Targets): readonly string[] {
  const { added } = difference(before?.targets.keys() ?? [], after.targets.keys());
  return added.filter(isManifest).map(folderOf);
}

export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);
const isManifest = (path: string): boolean => path.endsWith('/manifest.json');
const titleOf = (folder: string): string => folder.slice(0, -1).replace('/', ' ');

const shownAs = (file: TargetFile | undefined) => (file ? { to: describe(file) } : {});
const wasShownAs = (file: TargetFile | undefined) => (file ? { from: describe(file) } : {});
const describe = ({ length, sha256, custom }: TargetFile): string =>
  `${formatSize(length)}, sha256 ${sha256}${custom === undefined ? '' : `, ${JSON.stringify(custom)}`}`;

const sameTarget = (a: TargetFile, b: TargetFile): boolean =>
  sameDigest(a, b) && equalBytes(canonicalJson(a.custom ?? {}), canonicalJson(b.custom ?? {}));
