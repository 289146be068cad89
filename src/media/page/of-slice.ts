import { OtaError } from '../../core/errors.ts';
import { verified } from '../../core/verified.ts';
import { collect } from '../../storage/body.ts';
import type { ReadStore } from '../../storage/store.ts';
import type { Slice } from '../gather.ts';
import type { PlanOptions } from '../plan.ts';
import type { SliceFile } from '../slice.ts';
import { isForPage } from './other-medium.ts';
import { mediaPage, type PageParts } from './page.ts';

/**
 * Makes the page of a medium while that is planned; nothing without `parts`.
 *
 * @param store where its documents are read
 * @throws OtaError from what is given: `target-missing`, `digest-mismatch`, `length-mismatch`
 */
export const pageMaker = (
  slice: Slice,
  store: ReadStore,
  parts: PageParts | undefined,
): Pick<PlanOptions, 'page'> =>
  parts === undefined
    ? {}
    : {
        page: async (layout) => {
          const files = new Map<string, Uint8Array>();
          for (const file of slice.files)
            if (isForPage(file)) files.set(file.key, await bytesOf(file, store));
          return mediaPage({ layout, files }, parts);
        },
      };

async function bytesOf(file: SliceFile, store: ReadStore): Promise<Uint8Array> {
  if (file.bytes) return file.bytes;
  const pieces = await store.stream(file.key);
  if (pieces) return collect(verified(pieces, file, file.key), file.length, file.key);
  throw new OtaError('target-missing', `${store.url} has no ${file.key}, which its metadata lists`, {
    where: file.key,
    hint: 'The repository is incomplete: "ota verify --store" says what is missing.',
  });
}
