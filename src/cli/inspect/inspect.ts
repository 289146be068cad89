import { OtaError } from '../../core/errors.ts';
import type { Context, Inspected } from './kind.ts';
import { KINDS } from './registry.ts';
import { withSubject } from './subject.ts';

export interface Inspection extends Inspected {
  readonly found: { readonly kind: string; readonly path: string };
}

/**
 * Tells what a file or folder is by its form, and reads it. Nothing of it is verified, except signatures where that is asked for.
 *
 * @throws OtaError `input-unknown` for anything else; what reading a damaged one throws
 */
export const inspectPath = (path: string, context: Context): Promise<Inspection> =>
  withSubject(path, async (subject) => {
    const kind = KINDS.find(({ recognises }) => recognises(subject));
    if (!kind) {
      throw new OtaError(
        'input-unknown',
        `${path} is no ${subject.folder ? 'folder' : 'file'} that ota knows`,
        {
          where: path,
          hint: 'Name a bundle, a delta, a key, a metadata file, ota.yaml, or the folder of a repository or a device.',
        },
      );
    }
    const inspected = await kind.inspect(subject, context);
    return { ...inspected, found: { kind: kind.kind, path, ...inspected.found } };
  });
