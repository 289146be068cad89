import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import { refuseDemoKey } from '../keys/demo.ts';
import type { Signer } from '../keys/signer.ts';
import type { Trust } from '../repository/trust.ts';
import { type Collected, collect } from '../requests/collect.ts';
import type { SigningRequest } from '../requests/model.ts';
import type { SigningResponse } from '../requests/response.ts';
import { type Review, reviewRequest } from '../requests/review.ts';
import { isNeeded, signRequest } from '../requests/sign.ts';
import type { Store } from '../storage/store.ts';
import { applyPlan } from './apply.ts';
import type { UploadStatus } from './objects.ts';
import type { RoleVersion } from './plan.ts';
import { rebasing, unlockedOnce } from './rebase.ts';
import { loadState } from './repository-state.ts';
import { keyring, signWith } from './signers.ts';
import { checkBase, readStaged } from './staged.ts';
import { planStaged } from './staged-plan.ts';

export interface CompleteOptions {
  readonly request: SigningRequest;
  readonly responses: readonly { readonly response: SigningResponse; readonly where: string }[];
  readonly store: Store;
  readonly trust: Trust;
  /** The keys at hand: those of the online roles, and any that the request counts. */
  readonly atHand: ReadonlySet<string>;
  /** Opens them; asked for once it is known that the rest is there. */
  readonly unlock: () => Promise<readonly Signer[]>;
  readonly now: Seconds;
  readonly progress: Progress;
}

export interface CompleteReport {
  readonly request: string;
  /** `gateway 2.4.0`. */
  readonly title: string;
  readonly channel?: Name;
  readonly store: string;
  /** False when the store held all of it already. */
  readonly changed: boolean;
  readonly targets: readonly { readonly path: string; readonly status: UploadStatus }[];
  readonly roles: readonly RoleVersion[];
  /** The keyids that signed, the publisher's among them. */
  readonly signed: readonly string[];
}

/**
 * Publishes what a request stages once enough of its signatures are there; nothing is written before. Running it again completes what
 * was interrupted.
 *
 * @throws OtaError `signatures-missing` naming who is missing, `request-stale` when the repository moved on, `response-foreign`,
 *   `signature-invalid`; as `reviewRequest`, `loadState`, `rebasing` and the store
 */
export async function completePublish(options: CompleteOptions): Promise<CompleteReport> {
  const { request, responses, store, trust, now, progress } = options;
  const staged = readStaged(request);
  const review = reviewRequest(request, trust.roots[0], now);
  for (const keyid of review.documents.flatMap(({ quorums }) =>
    quorums.flatMap(({ keys }) => [...keys.keys()]),
  )) {
    refuseDemoKey(keyid, 'the request');
  }
  const received = collect(review, responses);
  if (![...options.atHand].some((keyid) => counts(review, keyid))) requireComplete(review, received);
  const unlock = unlockedOnce(options.unlock);
  const { collected, plan, roles, statuses } = await rebasing(
    async () => {
      const state = await loadState(store, trust, staged.product, now);
      checkBase(request, staged, state);
      const signers = await unlock();
      const collected = await collectAll(review, responses, signers);
      requireComplete(review, collected);
      const { plan, given } = await planStaged({ request, staged, state, collected, store, signers, now });
      const ring = signWith(keyring(signers));
      const applied = await applyPlan({
        plan,
        // What officers signed is written as they signed it, so that a later run writes the same bytes.
        sign: async (role) => given.get(role.role) ?? ring(role),
        store,
        progress,
      });
      return { collected, plan, ...applied };
    },
    { hint: 'Stage the bundle again with "ota publish --stage", and have the new request signed.' },
  );
  return {
    request: review.request,
    title: review.title,
    ...(request.channel === undefined ? {} : { channel: request.channel }),
    store: store.url,
    changed: roles.length > 0,
    targets: plan.uploads.map(({ path }, index) => ({ path, status: statuses[index] ?? 'present' })),
    roles: roles.map(({ role, version, expires }) => ({ role, version, expires })),
    signed: [...new Set(collected.documents.flatMap(({ signatures }) => [...signatures.keys()]))],
  };
}

/** Responses, and what the keys at hand add. */
async function collectAll(
  review: Review,
  responses: CompleteOptions['responses'],
  signers: readonly Signer[],
): Promise<Collected> {
  const own = signers.filter(({ publicKey }) => counts(review, publicKey.keyid));
  if (own.length === 0) return collect(review, responses);
  const response = await signRequest(review, own);
  return collect(review, [...responses, { response, where: 'the keys at hand' }]);
}

const counts = (review: Review, keyid: string): boolean =>
  review.documents.some((item) => isNeeded(item, keyid));

function requireComplete(review: Review, { complete, documents }: Collected): void {
  if (complete) return;
  const faults = documents.flatMap(({ name, quorums }) =>
    quorums
      .filter(({ met }) => !met)
      .map(({ signed, threshold, missing }) => ({
        where: name,
        message: `has ${signed.length} of ${threshold} signatures; any of these would do: ${missing
          .map((keyid) => keyid.slice(0, 16))
          .join(', ')}`,
      })),
  );
  throw new OtaError('signatures-missing', `${review.title} is not signed by enough officers yet`, {
    faults,
    hint: 'Nothing was published. Have one of them sign the request, and give all responses together.',
  });
}
