import { silent } from '../../src/core/progress.ts';
import { checkPublic, type PublicReport } from '../../src/publish/public-check.ts';
import { httpStore } from '../../src/storage/http.ts';
import type { ReadStore } from '../../src/storage/store.ts';

/** Reads back through an address what a store holds, `release` of the test product included; waits for nothing unless told to. */
export const readBackFrom = (
  store: ReadStore,
  url: string,
  release?: string,
  pause: (attempt: number) => Promise<void> = async () => {},
): Promise<PublicReport> =>
  checkPublic({
    store,
    web: httpStore(url),
    firstRoot: 1,
    ...(release === undefined ? {} : { folder: `gateway/${release}/` }),
    progress: silent,
    pause,
  });
