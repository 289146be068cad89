import { Args, Flags } from '@oclif/core';
import { OtaCommand } from '../../cli/command.ts';
import { logPath } from '../../cli/log/append.ts';
import { type CheckedLog, checkLog } from '../../cli/log/read.ts';
import { logLines } from '../../cli/views/log.ts';

export default class LogVerify extends OtaCommand<typeof LogVerify> {
  static override summary = 'Check the log of what was done with keys.';
  static override description =
    `Every line must be as it was written and follow the one before; the first that is not is named. The hash of the last line stands
for all of them: write it down elsewhere, and --head later shows that no line up to there is gone.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> /vault/keys/log.jsonl --head 6f1d…',
  ];
  static override args = {
    file: Args.string({ description: 'the log', default: logPath() }),
  };
  static override flags = {
    head: Flags.string({
      description: 'a hash that an earlier check gave, which the log must still hold',
      helpValue: 'HASH',
    }),
  };

  async run(): Promise<CheckedLog> {
    const checked = await checkLog(this.args.file, this.flags.head);
    for (const line of logLines(checked)) this.say(line);
    return checked;
  }
}
