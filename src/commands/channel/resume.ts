import { Args } from '@oclif/core';
import { changeChannel, channelChangeFlags } from '../../cli/channel-change.ts';
import { OtaCommand } from '../../cli/command.ts';
import { channelLines } from '../../cli/views/channel.ts';
import type { ChannelReport } from '../../publish/set-channel.ts';

export default class ChannelResume extends OtaCommand<typeof ChannelResume> {
  static override summary = 'Go on with a rollout that was paused.';
  static override description =
    'The steps that were still to come are as far away as they were when it was paused.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> stable --passphrase-file keys/passphrase.txt',
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
      change: { kind: 'resume' },
      log: this.signingLog(flags.log),
      now: this.now(),
      progress: this.progress,
    });
    for (const line of channelLines(report)) this.say(line);
    return report;
  }
}
