import { silent } from '../../src/core/progress.ts';
import type { Seconds } from '../../src/core/time.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { type RecallReport, recallRelease } from '../../src/publish/recall.ts';
import type { Trust } from '../../src/repository/trust.ts';
import type { Store } from '../../src/storage/store.ts';
import { NOW } from './forge.ts';
import { ONLINE, PRODUCT, version } from './release.ts';

export const REASON = 'the radio loses its calibration';

/** Recalls a release of the test product with the online key; its devices stay unless `to` says where they go. */
export const recall = (
  store: Store,
  trust: Trust,
  release: string,
  options: {
    readonly to?: string;
    readonly reason?: string;
    readonly now?: Seconds;
    readonly signers?: readonly Signer[];
  } = {},
): Promise<RecallReport> => {
  const { to, reason = REASON, now = NOW, signers = [ONLINE] } = options;
  return recallRelease({
    store,
    trust,
    product: PRODUCT,
    release: version(release),
    ...(to === undefined ? {} : { to: version(to) }),
    reason,
    now,
    atHand: new Set(signers.map(({ publicKey }) => publicKey.keyid)),
    unlock: async () => signers,
    progress: silent,
  });
};
