import { sameDigest, seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Targets } from '../repository/model.ts';

/**
 * The small documents of a role that change, by path: each has to be in the request, since nobody signs a digest unseen.
 *
 * @param isOne whether a path is that of such a document
 * @throws OtaError `request-invalid` for one that is not in the request
 */
export function changedFiles(
  before: Targets | undefined,
  after: Targets,
  files: ReadonlyMap<string, Uint8Array>,
  isOne: (path: string) => boolean,
): readonly (readonly [string, Uint8Array])[] {
  return [...after.targets].flatMap(([path, target]) => {
    const was = before?.targets.get(path);
    if (!isOne(path) || (was && sameDigest(was, target))) return [];
    const bytes = files.get(path);
    if (bytes && sameDigest(seal(bytes), target)) return [[path, bytes] as const];
    throw new OtaError('request-invalid', `the request does not say what ${path} would say`, {
      where: path,
      hint: 'Have the request made again.',
    });
  });
}
