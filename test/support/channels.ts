import type { Signer } from '../../src/keys/signer.ts';
import type { ChannelChange } from '../../src/publish/plan-channel.ts';
import { type ChannelReport, setChannel } from '../../src/publish/set-channel.ts';
import type { Trust } from '../../src/repository/trust.ts';
import type { Store } from '../../src/storage/store.ts';
import { NOW } from './forge.ts';
import { name, ONLINE, PRODUCT } from './release.ts';

/** Changes a channel of the test product, with the online key where no others are given. */
export function changeChannel(
  to: { readonly store: Store; readonly trust: Trust },
  channel: string,
  change: ChannelChange,
  {
    signers = [ONLINE],
    unlock = async () => signers,
  }: { readonly signers?: readonly Signer[]; readonly unlock?: () => Promise<readonly Signer[]> } = {},
): Promise<ChannelReport> {
  return setChannel({
    store: to.store,
    trust: to.trust,
    product: PRODUCT,
    channel: name(channel),
    change,
    atHand: new Set(signers.map(({ publicKey }) => publicKey.keyid)),
    unlock,
    now: NOW,
  });
}

type Promotion = Extract<ChannelChange, { readonly kind: 'promote' }>;

/** To what a channel or a version says. */
export const promotion = (to: string, more: Partial<Omit<Promotion, 'kind' | 'to'>> = {}): Promotion => ({
  kind: 'promote',
  to,
  rollback: false,
  ...more,
});
