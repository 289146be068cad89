import type { Name } from '../../core/names.ts';
import type { Manifest } from '../manifest.ts';
import type { Before } from './lint.ts';

/**
 * What each component was in the last release that had it.
 *
 * @param manifests the first published first
 */
export const beforeOf = (manifests: readonly Manifest[]): ReadonlyMap<Name, Before> =>
  new Map(
    manifests.flatMap(({ version: release, components }) =>
      components.map(({ name, version, image, architecture }): [Name, Before] => [
        name,
        { release, version, image, ...(architecture === undefined ? {} : { architecture }) },
      ]),
    ),
  );
