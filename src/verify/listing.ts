import { type Code, OtaError } from '../core/errors.ts';
import { TIMESTAMP_KEY } from '../repository/layout.ts';
import type { ReadStore, Store } from '../storage/store.ts';
import type { VerifiedRoles } from './roles.ts';
import type { RootChain } from './roots.ts';

/** Length in bytes of every object, by key. */
export type Listing = ReadonlyMap<string, number>;

export interface StoredObject {
  readonly key: string;
  readonly length: number;
}

const canList = (store: ReadStore): store is Store => 'list' in store;
const MAY_NOT_LIST: ReadonlySet<Code> = new Set(['store-refused', 'store-failed'] as const);

/** What a store holds; `undefined` for one that does not tell, as a web server. */
export async function listStore(store: ReadStore): Promise<Listing | undefined> {
  if (!canList(store)) return undefined;
  const found = new Map<string, number>();
  try {
    for await (const { key, length } of store.list('')) found.set(key, length);
  } catch (error) {
    if (error instanceof OtaError && MAY_NOT_LIST.has(error.code)) return undefined;
    throw error;
  }
  return found;
}

/** Objects that the present metadata does not lead to. */
export interface Unreferenced {
  /** Earlier versions of roles that are in use, and signatures under the digest of a manifest that is: kept, never an error. */
  readonly superseded: readonly StoredObject[];
  readonly others: readonly StoredObject[];
}

export function unreferenced(
  listing: Listing,
  used: { readonly chain: RootChain; readonly roles: VerifiedRoles; readonly keys: ReadonlySet<string> },
): Unreferenced {
  const { chain, roles, keys } = used;
  const versions = new Map(roles.roles.map(({ role, version }) => [role, version]));
  const known = new Set([TIMESTAMP_KEY, ...keys, ...roles.roles.map(({ key }) => key)]);
  for (const root of chain.roots) known.add(`metadata/${root.signed.version}.root.json`);
  const superseded: StoredObject[] = [];
  const others: StoredObject[] = [];
  for (const [key, length] of listing) {
    if (known.has(key)) continue;
    if (isTwin(key, known)) {
      superseded.push({ key, length });
      continue;
    }
    const [, version, role] = /^metadata\/(\d{1,16})\.(.+)\.json$/.exec(key) ?? [];
    const earlier = role !== undefined && Number(version) < (versions.get(role) ?? 0);
    (earlier ? superseded : others).push({ key, length });
  }
  return { superseded, others };
}

/** Signatures that stand under the digest of their manifest, which is in use, and were listed since under their own. */
function isTwin(key: string, known: ReadonlySet<string>): boolean {
  const ending = /\.signatures\.json$/;
  return ending.test(key) && known.has(key.replace(ending, '.manifest.json'));
}
