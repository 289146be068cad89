import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import { refuseDemoKey } from '../keys/demo.ts';
import type { Signer } from '../keys/signer.ts';
import { type MediaAge, type MediaProfile, mediaProfileText, STRICT } from '../repository/media-profile.ts';
import type { Trust } from '../repository/trust.ts';
import type { Store } from '../storage/store.ts';
import { applyPlan } from './apply.ts';
import { productDocument } from './documents.ts';
import { firstToExpire, keptRoles } from './expiry.ts';
import type { RolesPlan, RoleVersion } from './plan.ts';
import { rebasing, unlockedOnce } from './rebase.ts';
import { loadState, type RepositoryState } from './repository-state.ts';
import { draftRoles, type RoleDraft, rolesPlan, signatoriesOf } from './roles.ts';
import { type AtHand, checkAtHand, keyring, signWith } from './signers.ts';

export interface MediaProfileOptions {
  readonly store: Store;
  readonly trust: Trust;
  readonly product: Name;
  /** How the age of media is judged from now on; as before where it is left out. */
  readonly age?: MediaAge;
  /** 0 to 2^53-1; as before where it is left out. */
  readonly counter?: number;
  readonly now: Seconds;
}

/** What a change of a product's media profile takes; nothing is written yet. */
export interface MediaProfilePlan {
  readonly state: RepositoryState;
  readonly before: MediaProfile;
  readonly after: MediaProfile;
  /** Absent where the role says so already. */
  readonly write?: { readonly draft: RoleDraft; readonly roles: RolesPlan };
}

export interface MediaProfileReport {
  readonly product: Name;
  readonly store: string;
  readonly before: MediaProfile;
  readonly profile: MediaProfile;
  readonly changed: boolean;
  readonly roles: readonly RoleVersion[];
  readonly expiresFirst: RoleVersion;
}

/**
 * Works out what it takes that a product's role says how media are judged. Nothing else in the role changes, and its life is not
 * shortened.
 *
 * @throws OtaError `release-missing` for a product that has no role yet, `counter-lower`; as `loadState`
 */
export async function planMediaProfile(options: MediaProfileOptions): Promise<MediaProfilePlan> {
  const { store, trust, product, now } = options;
  const state = await loadState(store, trust, product, now);
  for (const keyid of state.root.signed.keys.keys()) refuseDemoKey(keyid, 'the trust');
  const previous = state.product?.signed;
  if (!previous) {
    throw new OtaError('release-missing', `${product} has no release yet, and so no role to say it in`, {
      where: product,
      hint: 'Publish a release first.',
    });
  }
  const before = previous.media ?? STRICT;
  const { counter: _, ...was } = before;
  const counter = options.counter ?? before.counter;
  const after: MediaProfile = { ...(options.age ?? was), counter };
  if (counter < before.counter) {
    throw new OtaError('counter-lower', `the media counter of ${product} is ${before.counter} already`, {
      where: product,
      hint: 'Nothing was changed. Devices that took a medium with it would refuse every medium with a lower one.',
    });
  }
  if (mediaProfileText(before) === mediaProfileText(after)) return { state, before, after };
  const drafted = await draftRoles({
    store,
    state,
    product,
    now,
    changes: { product: true, channels: false },
  });
  if (!drafted?.product) throw new Error('a change of the product is due');
  const expires = Math.max(drafted.product.expires, previous.expires);
  const draft = { ...drafted, product: { ...drafted.product, expires } };
  const document = productDocument({
    ...draft.product,
    product,
    targets: previous.targets,
    previous: { ...previous, media: after },
    root: state.root.signed,
  });
  return { state, before, after, write: { draft, roles: rolesPlan(state, draft, { product: document }) } };
}

/**
 * Signs and publishes a product's media profile with the release keys and the online key at hand; where another publisher is
 * faster, on top of what that one published.
 *
 * @throws OtaError `signatures-missing`, `store-conflict`; as `planMediaProfile`
 */
export function setMediaProfile(
  options: MediaProfileOptions & {
    readonly atHand: AtHand;
    /** Opens the keys; asked for only when there is something to sign. */
    readonly unlock: () => Promise<readonly Signer[]>;
    readonly progress: Progress;
  },
): Promise<MediaProfileReport> {
  const { store, product, atHand, progress } = options;
  const unlock = unlockedOnce(options.unlock);
  return rebasing(async () => {
    const { state, before, after, write } = await planMediaProfile(options);
    const result = { product, store: store.url, before, profile: after };
    const kept = keptRoles(state, product, write?.roles);
    if (!write) return { ...result, changed: false, roles: [], expiresFirst: firstToExpire(kept) };
    checkAtHand(atHand, signatoriesOf(write.draft));
    const sign = signWith(keyring(await unlock()));
    const applied = await applyPlan({ plan: { uploads: [], roles: write.roles }, sign, store, progress });
    const roles = applied.roles.map(({ role, version, expires }) => ({ role, version, expires }));
    return { ...result, changed: true, roles, expiresFirst: firstToExpire([...kept, ...roles]) };
  });
}
