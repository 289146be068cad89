import { Args } from '@oclif/core';
import { changeChannel, channelChangeFlags } from '../../cli/channel-change.ts';
import { OtaCommand } from '../../cli/command.ts';
import { channelLines } from '../../cli/views/channel.ts';
import type { ChannelReport } from '../../publish/set-channel.ts';

export default class ChannelRemove extends OtaCommand<typeof ChannelRemove> {
  static override summary =
    'Take a channel away: devices on it stay at what they have, and say that their channel is gone.';
  static override description =
    'No release is removed. One that only this channel named is archived when the next release is published.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> beta --passphrase-file keys/passphrase.txt',
  ];
  static override args = {
    channel: Args.string({ description: 'name of the channel', required: true }),
  };
  static override flags = channelChangeFlags;

  async run(): Promise<ChannelReport> {
    const { args, flags } = this;
    const report = await changeChannel({
      flags,
      channel: args.channel,
      change: { kind: 'remove' },
      log: this.signingLog(flags.log),
      now: this.now(),
      progress: this.progress,
    });
    for (const line of channelLines(report)) this.say(line);
    return report;
  }
}
