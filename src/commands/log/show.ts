import { Args, Flags } from '@oclif/core';
import { OtaCommand } from '../../cli/command.ts';
import { logPath } from '../../cli/log/append.ts';
import { type CheckedLog, checkLog } from '../../cli/log/read.ts';
import { entryLines, logLines } from '../../cli/views/log.ts';
import type { LogEntry } from '../../keys/log/entry.ts';

export default class LogShow extends OtaCommand<typeof LogShow> {
  static override summary = 'Show what was done with keys: by whom, when, what was signed.';
  static override description = 'The log is checked on the way, as "ota log verify" does.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --last 100 --json',
  ];
  static override args = {
    file: Args.string({ description: 'the log', default: logPath() }),
  };
  static override flags = {
    last: Flags.integer({ description: 'how many of the last steps', helpValue: 'N', default: 20, min: 1 }),
  };

  async run(): Promise<CheckedLog & { readonly steps: readonly LogEntry[] }> {
    const steps: LogEntry[] = [];
    const checked = await checkLog(this.args.file, undefined, (entry) => {
      steps.push(entry);
      if (steps.length > this.flags.last) steps.shift();
    });
    for (const entry of steps) for (const line of entryLines(entry)) this.say(line);
    for (const line of logLines(checked)) this.say(line);
    return { ...checked, steps };
  }
}
