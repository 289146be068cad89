import { parseName } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import type { ChannelChange } from '../publish/plan-channel.ts';
import { type ChannelReport, setChannel } from '../publish/set-channel.ts';
import { stageChannel } from '../publish/stage-channel.ts';
import type { StagedRequest } from './requests/stage.ts';
import { type SignedChangeInput, signedChange, signedChangeFlags } from './signed-change.ts';
import type { SigningLog } from './signers.ts';
import { channelLines } from './views/channel.ts';
import type { ReadBack } from './views/read-back.ts';
import { stagedLines } from './views/staged.ts';

/** For every command that changes a channel: it is signed with the channel's key, and made fresh with the online one. */
export const channelChangeFlags = signedChangeFlags('key of the channels, of snapshot and timestamp');

/** What a command that changes a channel gives. */
export type ChannelResult = (ChannelReport & ReadBack) | StagedRequest;

export const changeLines = (result: ChannelResult): readonly string[] =>
  'kind' in result ? stagedLines(result) : channelLines(result);

/**
 * Changes a channel; with `--stage` a request is written instead.
 *
 * @throws OtaError as `setChannel` or `stageChannel`; `output-exists`
 */
export function changeChannel(options: {
  readonly flags: SignedChangeInput;
  readonly channel: string;
  readonly change: ChannelChange;
  readonly log: SigningLog;
  readonly now: Seconds;
  readonly progress: Progress;
}): Promise<ChannelResult> {
  const { change } = options;
  const channel = parseName(options.channel, 'the channel');
  return signedChange({
    ...options,
    file: (product) => `${product}-${channel}-${change.kind}.request`,
    stage: (at) => stageChannel({ ...at, channel, change }),
    sign: (at) => setChannel({ ...at, channel, change }),
  });
}
