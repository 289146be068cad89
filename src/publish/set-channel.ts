import type { Name, Version } from '../core/names.ts';
import { type Progress, silent } from '../core/progress.ts';
import type { Signer } from '../keys/signer.ts';
import type { Rollout } from '../repository/channel.ts';
import { channelMoved } from './channel.ts';
import { firstToExpire, keptRoles } from './expiry.ts';
import type { RoleVersion } from './plan.ts';
import { type ChannelPlan, type PlanChannelOptions, planChannel } from './plan-channel.ts';
import { rebasing, unlockedOnce } from './rebase.ts';
import type { AtHand } from './signers.ts';
import { writeChannels } from './write-channels.ts';

export interface SetChannelOptions extends PlanChannelOptions {
  /** The keys that there will be to sign with. */
  readonly atHand: AtHand;
  /** Opens them; asked for only when there is something to sign. */
  readonly unlock: () => Promise<readonly Signer[]>;
  readonly progress?: Progress;
}

export interface ChannelReport {
  readonly product: Name;
  readonly channel: Name;
  readonly store: string;
  /** What it gave out before; absent for one that is new. */
  readonly from?: Version;
  /** What it gives out now; absent for one that is removed. */
  readonly to?: Version;
  /** How it comes to its devices; absent where all are given it. */
  readonly rollout?: Rollout;
  readonly changed: boolean;
  readonly roles: readonly RoleVersion[];
  readonly expiresFirst: RoleVersion;
}

/**
 * Points a channel at a release that is published already, at once or for more and more devices, or takes the channel away. Nothing of
 * the release is signed or sent again: the channel's key chooses among what the release keys made genuine, so what was tested on one
 * channel is what another gives out, byte for byte. Where another publisher is faster, it is done on top of that, unless this channel or
 * what it is to give out has changed.
 *
 * @throws OtaError `signatures-missing`, `store-conflict`; as `planChannel` and `rebasing`
 */
export function setChannel(options: SetChannelOptions): Promise<ChannelReport> {
  const unlock = unlockedOnce(options.unlock);
  let first: ChannelPlan | undefined;
  return rebasing(async () => {
    const plan = await planChannel(options);
    if (plan.changed) first ??= plan;
    if (plan.changed && (plan.before !== first?.before || plan.to !== first?.to)) {
      throw channelMoved(options.product, options.channel, plan.from);
    }
    return write({ ...options, unlock }, plan);
  });
}

async function write(options: SetChannelOptions, plan: ChannelPlan): Promise<ChannelReport> {
  const { store, product, channel, atHand, unlock, now, progress = silent } = options;
  const { state, from, to, rollout, changed, pointers, removed } = plan;
  const result = {
    product,
    channel,
    store: store.url,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(rollout === undefined ? {} : { rollout }),
    changed,
  };
  if (!changed) {
    return { ...result, roles: [], expiresFirst: firstToExpire(keptRoles(state, product, undefined)) };
  }
  const documents = { store, state, product, pointers, removed, now };
  const { written, kept } = await writeChannels({ ...documents, atHand, unlock, progress });
  return { ...result, roles: written, expiresFirst: firstToExpire([...kept, ...written]) };
}
