import { Flags } from '@oclif/core';
import type { Name, Version } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import { checkPublic } from '../publish/public-check.ts';
import { releaseFolder } from '../repository/layout.ts';
import { parseRoot } from '../repository/parse-root.ts';
import type { Trust } from '../repository/trust.ts';
import type { ReadStore } from '../storage/store.ts';
import type { ReadBack } from './views/read-back.ts';

/** For every command that publishes: the address that devices use is read back. */
export const publicFlag = {
  'public-url': Flags.string({
    description:
      'address that devices read from (a CDN): what was published is read back there; default: public-url: in ota.yaml',
    helpValue: 'URL',
  }),
};

/**
 * Reads back through the public address what was published.
 *
 * @param options.release that was published
 * @throws OtaError `usage-flag` for what is no address; as `checkPublic`
 */
export async function readBack(options: {
  readonly flag: string | undefined;
  readonly setting: string | undefined;
  readonly store: ReadStore;
  readonly trust: Trust;
  readonly release?: { readonly product: Name; readonly version: Version } | undefined;
  readonly progress: Progress;
}): Promise<ReadBack> {
  const { flag, setting, store, trust, release, progress } = options;
  const address = flag ?? setting;
  const [first] = trust.roots;
  if (address === undefined || !first) return {};
  const { httpStore } = await import('../storage/http.ts');
  const report = await checkPublic({
    store,
    web: httpStore(address),
    firstRoot: parseRoot(first, 'root.json').signed.version,
    ...(release ? { folder: releaseFolder(release.product, release.version) } : {}),
    progress,
  });
  return { public: report };
}
