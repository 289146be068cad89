import { Args, Flags } from '@oclif/core';
import {
  type ChannelResult,
  changeChannel,
  changeLines,
  channelChangeFlags,
} from '../../cli/channel-change.ts';
import { OtaCommand } from '../../cli/command.ts';
import { parseSteps } from '../../cli/rollout-steps.ts';
import { strandFlag } from '../../cli/store-flags.ts';

export default class ChannelPromote extends OtaCommand<typeof ChannelPromote> {
  static override summary =
    'Give the devices of one channel what another channel gives out, or another live release.';
  static override description =
    `Nothing is built, signed or sent again: the channel names the very manifest that was tested, by its digest.
Takes the key of the channels and the online key, not the release keys. A channel goes back to an earlier release only with
--rollback, and never below a security counter.

With --rollout the release comes to more and more of the devices: which ones, a hash of their ids and the release decides
("ota channel explain"). Without it, a rollout of the same release ends: all are given it.

With --stage the key of the channels may be elsewhere: what is to be signed goes into a request, and "ota publish REQUEST RESPONSE…"
carries it out. The steps of a rollout count from when it is staged, so give the first one time.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> beta stable',
    '<%= config.bin %> <%= command.id %> beta stable --rollout 1%,10%@1d,50%@3d,100%@7d',
    '<%= config.bin %> <%= command.id %> beta stable --rollout 1%@1d,100%@7d --stage -o promote.request',
    '<%= config.bin %> <%= command.id %> 1.3.0 stable --rollback --passphrase-file keys/passphrase.txt --json',
  ];
  static override args = {
    release: Args.string({
      description: 'channel that gives the release out, or version of a live release',
      required: true,
    }),
    channel: Args.string({ description: 'channel that is to give it out', required: true }),
  };
  static override flags = {
    ...channelChangeFlags,
    rollout: Flags.string({
      description: 'give it to more and more devices: percent, and how long after now (m, h, d)',
      helpValue: '1%,10%@1d,100%@3d',
    }),
    rollback: Flags.boolean({
      description: 'let the channel go back to a release that was published before the present one',
    }),
    ...strandFlag,
  };

  async run(): Promise<ChannelResult> {
    const { args, flags } = this;
    const report = await changeChannel({
      flags,
      channel: args.channel,
      change: {
        kind: 'promote',
        to: args.release,
        rollback: flags.rollback,
        strand: flags.strand,
        ...(flags.rollout === undefined ? {} : { steps: parseSteps(flags.rollout, this.now()) }),
      },
      log: this.signingLog(flags.log),
      now: this.now(),
      progress: this.progress,
    });
    for (const line of changeLines(report)) this.say(line);
    return report;
  }
}
