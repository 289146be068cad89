import { Args } from '@oclif/core';
import {
  type ChannelResult,
  changeChannel,
  changeLines,
  channelChangeFlags,
} from '../../cli/channel-change.ts';
import { OtaCommand } from '../../cli/command.ts';

export default class ChannelCreate extends OtaCommand<typeof ChannelCreate> {
  static override summary = 'Make a channel that gives out a release which is published already.';
  static override description =
    `Takes the key of the channels and the online key, not the release keys: nothing becomes genuine by it. With --stage
the key of the channels may be elsewhere: what is to be signed goes into a request, and "ota publish REQUEST RESPONSE…" carries it out.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> lts 1.4.2',
    '<%= config.bin %> <%= command.id %> beta stable --passphrase-file keys/passphrase.txt',
  ];
  static override args = {
    channel: Args.string({ description: 'name of the new channel', required: true }),
    release: Args.string({
      description: 'version of a live release, or a channel that gives it out',
      required: true,
    }),
  };
  static override flags = channelChangeFlags;

  async run(): Promise<ChannelResult> {
    const { args, flags } = this;
    const report = await changeChannel({
      flags,
      channel: args.channel,
      change: { kind: 'create', to: args.release },
      log: this.signingLog(flags.log),
      now: this.now(),
      progress: this.progress,
    });
    for (const line of changeLines(report)) this.say(line);
    return report;
  }
}
