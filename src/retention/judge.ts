import { isName, isVersion, type Name, type Version } from '../core/names.ts';
import { DAY, type Seconds } from '../core/time.ts';
import { encodedRole } from '../repository/names.ts';
import { LIFETIME_DAYS } from '../repository/policy.ts';
import type { Listed } from '../storage/store.ts';
import type { Reach } from './reach.ts';

/** How long what nothing leads to stays all the same. */
export interface Patience {
  /** After no device can begin with it any more: one that had begun may still be at it. */
  readonly grace: Seconds;
  /** What was staged for officers to sign, and is not published yet. */
  readonly staged: Seconds;
}

/** What an object is that may be deleted. */
export type Kind =
  /** An earlier version of a role. */
  | 'metadata'
  /** What a channel gave out, or the list of recalls as it was. */
  | 'channels'
  /** An earlier page or index of the archive. */
  | 'archive'
  /** A delta to a release that is archived: devices are given it no more. */
  | 'delta'
  /** Of a release whose bundle is kept no longer. */
  | 'retired'
  /** Of a release that was staged, and neither published nor signed since. */
  | 'staged'
  /** Of a release that is there, which it does not name. */
  | 'leftover';

export type Verdict =
  | { readonly is: 'kept' | 'foreign' }
  /** @property from when it may be deleted, by its age alone */
  | { readonly is: 'unreached'; readonly kind: Kind; readonly from: Seconds };

/** The age from which no timestamp that a device may hold leads to an object that the present one does not lead to. */
export const holdOf = ({ timestampExpires }: Reach, { grace }: Patience, now: Seconds): Seconds =>
  Math.max(LIFETIME_DAYS.timestamp * DAY, LIFETIME_DAYS.snapshot * DAY, timestampExpires - now) + grace;

/** What is at a key, by its name and age: for all but the objects of archived releases. */
export function judge(
  { key, modified }: Listed,
  reach: Reach,
  { hold, staged }: { readonly hold: Seconds; readonly staged: Seconds },
): Verdict {
  if (reach.present.has(key) || reach.earlier.has(key)) return { is: 'kept' };
  const unreached = (kind: Kind, age = hold): Verdict => ({ is: 'unreached', kind, from: modified + age });
  const metadata = /^metadata\/([1-9]\d{0,15})\.(.+)\.json$/.exec(key);
  if (metadata) return isOfARole(metadata[2] ?? '', reach) ? unreached('metadata') : { is: 'kept' };
  const target = targetOf(key);
  const product = target && reach.products.get(target.product);
  if (!target || !product) return { is: key.startsWith('metadata/') ? 'kept' : 'foreign' };
  if (target.folder === 'channels') return unreached('channels');
  // Pages that a request names are in the store before the role that does.
  if (target.folder === 'archive') return unreached('archive', Math.max(hold, staged));
  if (!isVersion(target.folder)) return { is: 'foreign' };
  if (product.live.has(target.folder)) return unreached('leftover');
  return unreached('staged', Math.max(hold, staged));
}

/**
 * Whether an earlier version of a role may go. Roots and targets never: devices follow the first, and both say by which keys a
 * release was genuine in its time.
 */
function isOfARole(encoded: string, { versions }: Reach): boolean {
  if (encoded === 'root' || encoded === 'targets') return false;
  return [...versions.keys()].some((role) => encodedRole(role) === encoded);
}

export interface TargetKey {
  readonly product: Name;
  /** A version, `channels` or `archive`. */
  readonly folder: string;
  readonly sha256: string;
  readonly name: string;
}

/** A key of the layout that this tool publishes; `undefined` for any other. */
export function targetOf(key: string): TargetKey | undefined {
  const [, product = '', folder = '', sha256 = '', name = ''] =
    /^targets\/([^/]+)\/([^/]+)\/([0-9a-f]{64})\.([^/]+)$/.exec(key) ?? [];
  return isName(product) && folder !== '' ? { product, folder, sha256, name } : undefined;
}

/** The release whose folder a key is in. */
export function releaseOf(key: string): { readonly product: Name; readonly version: Version } | undefined {
  const target = targetOf(key);
  return target && isVersion(target.folder) ? { product: target.product, version: target.folder } : undefined;
}

/** No component's name has a dot, and an extra's begins with `extra_`. */
export const isDelta = (name: string): boolean => /^[a-z0-9-]+\.from\.[0-9a-f]{16}\.[a-z0-9-]+$/.test(name);
