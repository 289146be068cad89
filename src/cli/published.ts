import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import { type Published, readPublished } from '../publish/field.ts';
import { openReadStore, type StoreOptions } from '../storage/open.ts';
import { loadTrust } from './trust-folder.ts';

/** What a release was compared with, or why with nothing. */
export type Compared =
  | { readonly store: string; readonly published?: Published }
  | { readonly skipped: string };

/**
 * What the store has of a product. A store that cannot be read now, or whose trust is not at hand, is no reason not to bundle:
 * publishing looks at it again.
 *
 * @throws OtaError of any other kind: a store whose metadata does not verify is one to look at
 */
export async function lookAtStore(options: {
  readonly location: string | undefined;
  readonly storeOptions: StoreOptions;
  readonly trust: string;
  readonly product: Name;
}): Promise<Compared> {
  const { location, trust, product } = options;
  if (location === undefined) return { skipped: 'no store is given' };
  try {
    const store = await openReadStore(location, options.storeOptions);
    const published = await readPublished(store, await loadTrust(trust), product);
    return { store: store.url, ...(published ? { published } : {}) };
  } catch (error) {
    if (!(error instanceof OtaError)) throw error;
    if (error.code === 'store-missing') return { store: location };
    if (!AWAY.has(error.code)) throw error;
    return { skipped: error.message };
  }
}

const AWAY: ReadonlySet<string> = new Set(['store-unreachable', 'store-refused', 'input-missing']);
