import { Args } from '@oclif/core';
import { changeChannel, channelChangeFlags } from '../../cli/channel-change.ts';
import { OtaCommand } from '../../cli/command.ts';
import { channelLines } from '../../cli/views/channel.ts';
import type { ChannelReport } from '../../publish/set-channel.ts';

export default class ChannelPause extends OtaCommand<typeof ChannelPause> {
  static override summary = 'Stop a rollout where it is: no further device is given the release.';
  static override description =
    'Devices that have the release keep it; the others are given the one before it, until the rollout is resumed or another release is promoted.';
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
      change: { kind: 'pause' },
      log: this.signingLog(flags.log),
      now: this.now(),
      progress: this.progress,
    });
    for (const line of channelLines(report)) this.say(line);
    return report;
  }
}
