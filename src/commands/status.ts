import { Flags } from '@oclif/core';
import { OtaCommand } from '../cli/command.ts';
import { projectStore } from '../cli/root/begin.ts';
import { loadSettings } from '../cli/settings.ts';
import { type StatusReport, statusReport } from '../cli/status.ts';
import { storeFlags, storeOptions } from '../cli/store-flags.ts';
import { trustFlag } from '../cli/trust-flag.ts';
import { loadTrust } from '../cli/trust-folder.ts';
import { statusLines } from '../cli/views/status.ts';
import { parseSpan, parseWhen } from '../cli/when.ts';
import { readStanding } from '../publish/status.ts';

export default class Status extends OtaCommand<typeof Status> {
  static override summary = 'Show who holds which key, what expires when, and what is due next.';
  static override description =
    `Reads the trust folder and the store; with --offline the trust folder alone. With --fail-within it exits 7 when a role
expires within that time, so that a nightly job tells in time; no role counts before half of its life is over.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --fail-within 30d',
    '<%= config.bin %> <%= command.id %> --store https://updates.example.com/gateway --at 2027-06-01 --json',
  ];
  static override flags = {
    ...storeFlags,
    ...trustFlag,
    offline: Flags.boolean({ description: 'look at the trust folder alone', exclusive: ['store'] }),
    at: Flags.string({
      description: 'judge by this time: a date, a time, or days from now as in 90d',
      helpValue: 'DATE',
    }),
    'fail-within': Flags.string({
      description: 'exit 7 when a role expires within this time, as in 30d',
      helpValue: 'DAYS',
    }),
  };

  async run(): Promise<StatusReport> {
    const { flags } = this;
    const settings = await loadSettings();
    const folder = flags.trust ?? settings.trust;
    const now = flags.at === undefined ? this.now() : parseWhen(flags.at, this.now());
    const within = flags['fail-within'];
    const store = flags.offline
      ? undefined
      : await projectStore(flags.store, settings.store, storeOptions(flags));
    const report = await statusReport(await readStanding(await loadTrust(folder), store), {
      now,
      trust: folder,
      store: store?.url,
      failWithin: within === undefined ? undefined : parseSpan(within, '--fail-within'),
    });
    for (const line of statusLines(report)) this.say(line);
    if ((report.due ?? []).length > 0) this.endAs('due');
    return report;
  }
}
