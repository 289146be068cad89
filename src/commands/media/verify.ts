import { Args, Flags } from '@oclif/core';
import { OtaCommand } from '../../cli/command.ts';
import { anchorFlags, anchorOf } from '../../cli/media/anchor.ts';
import { loadSettings } from '../../cli/settings.ts';
import { verificationLines } from '../../cli/views/media-verify.ts';
import { parseWhen } from '../../cli/when.ts';
import { EXIT } from '../../core/errors.ts';
import { openMedium } from '../../media/store.ts';
import { type MediumVerification, verifyMedium } from '../../media/verify.ts';

type FaultyMedium = MediumVerification & {
  readonly error?: { readonly code: string; readonly message: string; readonly exitCode: number };
};

export default class MediaVerify extends OtaCommand<typeof MediaVerify> {
  static override summary =
    'Check a medium on any machine: who made it, whether all of it is there, until when it counts.';
  static override description =
    `Follows the chain of roots on it from the one that is trusted: that of the trust folder, --root FILE, or the one whose SHA-256 is typed
in with --fingerprint. Reads every file, and says what is missing, changed, of somebody else or not needed. It writes nothing.

Exits 0 only when nothing is wrong, and 4 when something is.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> /media/stick',
    '<%= config.bin %> <%= command.id %> /media/stick --root root.json --at 2027-06-01',
    '<%= config.bin %> <%= command.id %> E:\\ --fingerprint "5e38e296 224f6c49 …" --json',
  ];
  static override args = {
    medium: Args.string({
      description: 'the folder of the medium, or its FILE.img or FILE.tar',
      required: true,
    }),
  };
  static override flags = {
    ...anchorFlags,
    at: Flags.string({
      description: 'judge what has expired as of this day or time, or days from now as in 90d',
      helpValue: 'DATE',
    }),
  };

  async run(): Promise<FaultyMedium> {
    const started = Date.now();
    const { flags } = this;
    const now = flags.at === undefined ? this.now() : parseWhen(flags.at, this.now());
    const medium = await openMedium(this.args.medium);
    const anchor = await anchorOf(flags, flags.trust ?? (await loadSettings()).trust, now);
    const report = await verifyMedium({ medium, anchor, now, progress: this.progress });
    for (const line of verificationLines(report, (Date.now() - started) / 1000)) this.say(line);
    if (report.sound) return report;
    process.exitCode = EXIT.verification;
    const { length } = report.faults;
    const message = `${report.path} has ${length === 1 ? 'a fault' : `${length} faults`}`;
    return { error: { code: 'media-faulty', message, exitCode: EXIT.verification }, ...report };
  }
}
