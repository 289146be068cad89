import { Flags } from '@oclif/core';
import { OtaError } from '../core/errors.ts';
import { type Name, parseName } from '../core/names.ts';
import { openPastReleases, type PastReleases } from '../publish/past-releases.ts';
import { openReadStore } from '../storage/open.ts';
import { loadSettings } from './settings.ts';
import { requiredStore, storeFlags, storeOptions } from './store-flags.ts';
/** Which releases, of which repository: for every command that looks into the past. */
import { trustFlag } from './trust-flag.ts';
import { loadTrust } from './trust-folder.ts';

export const archiveFlags = {
  ...storeFlags,
  product: Flags.string({ description: 'product; default: product: in ota.yaml', helpValue: 'NAME' }),
  ...trustFlag,
};

/** Opens what the flags name. @throws OtaError `usage-flag`; as `openPastReleases` */
export async function openArchiveOf(flags: {
  readonly store?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly product?: string | undefined;
  readonly trust?: string | undefined;
}): Promise<PastReleases> {
  const settings = await loadSettings();
  const location = requiredStore(flags.store, settings.store);
  const product = requiredProduct(flags.product, settings.product);
  const trust = await loadTrust(flags.trust ?? settings.trust);
  return openPastReleases(await openReadStore(location, storeOptions(flags)), trust, product);
}

/** @throws OtaError `usage-flag`, `name-invalid` */
export function requiredProduct(flag: string | undefined, setting: Name | undefined): Name {
  if (flag !== undefined) return parseName(flag, 'the product');
  if (setting !== undefined) return setting;
  throw new OtaError('usage-flag', 'no product is given', {
    hint: 'Name it with --product, or run this beside its ota.yaml.',
  });
}
