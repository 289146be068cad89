import { Args, Flags } from '@oclif/core';
import { channelChangeFlags } from '../cli/channel-change.ts';
import { OtaCommand } from '../cli/command.ts';
import type { StagedRequest } from '../cli/requests/stage.ts';
import { signedChange } from '../cli/signed-change.ts';
import { strandFlag } from '../cli/store-flags.ts';
import { type ReadBack, readBackLines } from '../cli/views/read-back.ts';
import { recallLines } from '../cli/views/recall.ts';
import { stagedLines } from '../cli/views/staged.ts';
import { OtaError } from '../core/errors.ts';
import { parseVersion } from '../core/names.ts';
import { type RecallReport, recallRelease } from '../publish/recall.ts';
import { stageRecall } from '../publish/stage-recall.ts';

export default class Recall extends OtaCommand<typeof Recall> {
  static override summary =
    'Take a release back: no device is given it any more, and those that have it are told what to do.';
  static override description =
    `Every channel that names the release changes in one step, by new metadata; nothing that is published is touched, and the
release stays verifiable. With --to its devices, and all others, go on to another live release, which was published after it and
has no lower security counter. With --stay those that have it stay at it, no other is given it, and a channel that gave it to all
is held until another release is promoted. It can never be promoted or published again.

Takes the key of the channels and the online key, not the release keys. With --stage the keys may be elsewhere: what is to be signed goes into
a request, and "ota publish REQUEST RESPONSE…" carries it out.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> 1.1.0 --to 1.2.0 --reason "radio loses its calibration" --passphrase-file keys/passphrase.txt',
    '<%= config.bin %> <%= command.id %> 1.1.0 --stay --reason "does not start below 0 °C"',
    '<%= config.bin %> <%= command.id %> 1.1.0 --stay --reason "does not start below 0 °C" --stage -o recall.request',
  ];
  static override args = {
    release: Args.string({ description: 'version of the release, live or archived', required: true }),
  };
  static override flags = {
    ...channelChangeFlags,
    to: Flags.string({
      description: 'live release that its devices go on to',
      helpValue: 'VERSION',
      exclusive: ['stay'],
    }),
    stay: Flags.boolean({ description: 'devices that have it stay at it, until another is promoted' }),
    reason: Flags.string({
      description: 'what is wrong with it, in a sentence that everybody may read',
      helpValue: 'TEXT',
      required: true,
    }),
    ...strandFlag,
  };

  async run(): Promise<(RecallReport & ReadBack) | StagedRequest> {
    const { args, flags } = this;
    if (flags.to === undefined && !flags.stay) {
      throw new OtaError('usage-flag', 'it is not said what devices that have the release are to do', {
        hint: 'Give --to VERSION, which they go on to, or --stay.',
      });
    }
    const change = {
      release: parseVersion(args.release, 'the release'),
      ...(flags.to === undefined ? {} : { to: parseVersion(flags.to, '--to') }),
      reason: flags.reason,
      strand: flags.strand,
    };
    const result = await signedChange<RecallReport>({
      flags,
      log: this.signingLog(flags.log),
      now: this.now(),
      progress: this.progress,
      file: (product) => `${product}-${change.release}-recall.request`,
      stage: (at) => stageRecall({ ...at, ...change }),
      sign: (at) => recallRelease({ ...at, ...change }),
    });
    const lines = 'kind' in result ? stagedLines(result) : [...recallLines(result), ...readBackLines(result)];
    for (const line of lines) this.say(line);
    return result;
  }
}
