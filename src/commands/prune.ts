import { Flags } from '@oclif/core';
import { OtaCommand } from '../cli/command.ts';
import { loadSettings } from '../cli/settings.ts';
import { requiredStore, singleWriterFlag, storeFlags, storeOptions } from '../cli/store-flags.ts';
import { trustFlag } from '../cli/trust-flag.ts';
import { loadTrust } from '../cli/trust-folder.ts';
import { pruneLines } from '../cli/views/prune.ts';
import { parseSpan } from '../cli/when.ts';
import { type PruneReport, pruneStore } from '../retention/prune.ts';
import { openStore } from '../storage/open.ts';

export default class Prune extends OtaCommand<typeof Prune> {
  static override summary = 'Delete what no metadata leads to any more.';
  static override description =
    `Verifies the repository first, as a device does, and deletes nothing where anything is missing. What goes: earlier versions of roles and
of documents, deltas to archived releases, bundles that keep: archived: in ota.yaml keeps no longer, what was staged long ago, and
uploads that were cut off. What never goes: roots and targets roles, what an unexpired snapshot leads to, and anything younger
than a device may hold a timestamp for, and the grace time after that. It takes no key, and it may be cut off at any moment.

What is kept is a policy in ota.yaml, which "ota publish" carries out: a release that it keeps no longer leaves the product's
role when the next one is signed, or is marked as one whose bundle may go. Without keep: archived: every bundle stays.

  keep:
    releases: 5          # of the last, live, with what channels name and devices have to pass through
    versions: [1.4.2]    # live for as long as they stand here
    archived:            # bundles of archived releases that any of these keeps
      releases: 20       # among the last 20 published
      younger: 730d      # archived less than two years ago
      security: 1825d    # with security fixes (a counter was raised), archived less than five years ago`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --store s3://updates/gateway --grace 14d --json',
  ];
  static override flags = {
    ...storeFlags,
    ...trustFlag,
    'clock-is-right': singleWriterFlag['clock-is-right'],
    'dry-run': Flags.boolean({ description: 'show what would be deleted, with sizes, and delete nothing' }),
    grace: Flags.string({
      description: 'how long a device may go on with what it began before the metadata expired',
      helpValue: 'DAYS',
      default: '7d',
    }),
    staged: Flags.string({
      description: 'how long what was staged waits for its signatures',
      helpValue: 'DAYS',
      default: '90d',
    }),
  };

  async run(): Promise<PruneReport> {
    const { flags } = this;
    const settings = await loadSettings();
    const report = await pruneStore({
      store: await openStore(requiredStore(flags.store, settings.store), storeOptions(flags)),
      trust: await loadTrust(flags.trust ?? settings.trust),
      patience: { grace: parseSpan(flags.grace, '--grace'), staged: parseSpan(flags.staged, '--staged') },
      dryRun: flags['dry-run'],
      now: this.now(),
      progress: this.progress,
    });
    for (const line of pruneLines(report)) this.say(line);
    return report;
  }
}
