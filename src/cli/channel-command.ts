import { Args } from '@oclif/core';
import type { ChannelChange } from '../publish/plan-channel.ts';
import { type ChannelResult, changeChannel, changeLines, channelChangeFlags } from './channel-change.ts';
import { OtaCommand } from './command.ts';

/** A command that does one thing to the channel that it is given. */
export abstract class ChannelCommand extends OtaCommand<typeof ChannelCommand> {
  static override args = {
    channel: Args.string({ description: 'name of the channel', required: true }),
  };
  static override flags = channelChangeFlags;

  protected abstract readonly change: ChannelChange;

  async run(): Promise<ChannelResult> {
    const { args, flags, change } = this;
    const report = await changeChannel({
      flags,
      channel: args.channel,
      change,
      log: this.signingLog(flags.log),
      now: this.now(),
      progress: this.progress,
    });
    for (const line of changeLines(report)) this.say(line);
    return report;
  }
}
