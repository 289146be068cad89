import { parseArchiveIndex } from '../repository/archive.ts';
import type { Targets } from '../repository/model.ts';
import type { Change } from './change.ts';
import { changedFiles } from './changed-files.ts';

const INDEX = /^[^/]+\/archive\/releases\.json$/;

export const isArchivePath = (path: string): boolean => INDEX.test(path);

/**
 * What the archive of a role says anew: how many releases, and the counters below which none will be published again.
 *
 * @throws OtaError `request-invalid` for an index that is not in the request; `shape-invalid` for what is none
 */
export function archiveChanges(
  before: Targets | undefined,
  after: Targets,
  files: ReadonlyMap<string, Uint8Array>,
): readonly Change[] {
  return changedFiles(before, after, files, isArchivePath).flatMap(([path, bytes]) => {
    const { counters, pages } = parseArchiveIndex(bytes, path);
    const releases = pages.reduce((sum, { count }) => sum + count, 0);
    const retired = pages.reduce((sum, page) => sum + (page.retired ?? 0), 0);
    const highest = [...counters].map(
      ([component, { counter, release }]) => `${component} ${counter} (${release})`,
    );
    return [
      {
        what: 'archive',
        subject: path,
        to: `${releases} releases${retired === 0 ? '' : `, the bundles of ${retired} kept no longer`}, highest counters ${highest.join(', ') || 'none'}`,
      } as const,
    ];
  });
}
