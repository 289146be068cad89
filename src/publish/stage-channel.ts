import type { Sealed } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Review } from '../requests/review.ts';
import { channelsRequest } from './channels-request.ts';
import { type PlanChannelOptions, planChannel } from './plan-channel.ts';

/**
 * A change of a channel as a request, for holders of the channels' key who are elsewhere; `completePublish` carries it out. The steps of a
 * rollout are counted from now, not from when it is signed.
 *
 * @throws OtaError `channel-unchanged` where the channel is so already; as `planChannel`
 */
export async function stageChannel(
  options: PlanChannelOptions,
): Promise<{ readonly request: Sealed; readonly review: Review }> {
  const { product, channel } = options;
  const { state, changed, pointers, removed } = await planChannel(options);
  if (!changed) {
    throw new OtaError('channel-unchanged', `channel ${channel} of ${product} is so already`, {
      where: `${product}/channels/${channel}`,
      hint: 'There is nothing to sign.',
    });
  }
  return channelsRequest({ ...options, state, pointers, removed });
}
