import { Args, Flags } from '@oclif/core';
import { withOpenBundle } from '../bundle/files.ts';
import { OtaCommand } from '../cli/command.ts';
import { passphraseEnvFlag, passphraseFlags, passphraseSource } from '../cli/passphrase.ts';
import { loadSettings } from '../cli/settings.ts';
import { keyidsAtHand, openSigners } from '../cli/signers.ts';
import { requiredStore, storeFlags, storeOptions } from '../cli/store-flags.ts';
import { loadTrust, rootKeyidsOf } from '../cli/trust-folder.ts';
import { planLines } from '../cli/views/plan.ts';
import { publishLines } from '../cli/views/publish.ts';
import { parseName } from '../core/names.ts';
import { withScratchFolder } from '../files/write.ts';
import { planPublish } from '../publish/make-plan.ts';
import { type PlanReport, planReport } from '../publish/plan-report.ts';
import { type PublishReport, publish } from '../publish/publish.ts';
import { openStore } from '../storage/open.ts';

export default class Publish extends OtaCommand<typeof Publish> {
  static override summary = 'Publish a signed bundle: payloads, deltas and the index that devices fetch.';
  static override description =
    `Verifies the bundle and what the store holds, makes the deltas that ota.yaml asks for, uploads what the
store lacks, and signs the product, channel, snapshot and timestamp roles. The timestamp is written last: a device
sees the old release or the new one. Running the same command again completes what was interrupted.

A folder needs nothing else. For S3 the credentials come from the usual AWS sources.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> gateway-1.0.0.ota',
    '<%= config.bin %> <%= command.id %> gateway-1.1.0.ota --store s3://updates/gateway --endpoint http://127.0.0.1:7480',
    '<%= config.bin %> <%= command.id %> gateway-1.1.0.ota --dry-run',
    '<%= config.bin %> <%= command.id %> gateway-1.1.0.ota --channel beta --passphrase-file keys/passphrase.txt --json',
  ];
  static override args = {
    bundle: Args.string({ description: 'a signed bundle', required: true }),
  };
  static override flags = {
    ...storeFlags,
    channel: Flags.string({
      description: 'channel to point at the release; default: channel: in ota.yaml, else stable',
      helpValue: 'NAME',
    }),
    deltas: Flags.integer({
      description:
        'make deltas from this many of the last releases; default: deltas.from in ota.yaml, else 3',
      helpValue: 'N',
      min: 0,
      max: 100,
    }),
    key: Flags.string({
      description: 'key to sign with, a file or a URI; default: keys: in ota.yaml',
      helpValue: 'KEY',
      multiple: true,
      multipleNonGreedy: true,
    }),
    trust: Flags.string({
      description: 'trust folder; default: trust: in ota.yaml, else trust',
      helpValue: 'DIR',
    }),
    'dry-run': Flags.boolean({
      description: 'show what would be uploaded, signed and replaced, and write nothing; needs no passphrase',
    }),
    rollback: Flags.boolean({
      description: 'let the channel go back to a release that was published before the present one',
    }),
    'single-writer': Flags.boolean({
      description:
        'I state that nobody else writes to this store (for stores that cannot refuse a second write)',
    }),
    ...passphraseFlags,
    ...passphraseEnvFlag,
  };

  async run(): Promise<PublishReport | PlanReport> {
    const { flags } = this;
    const settings = await loadSettings();
    const location = requiredStore(flags.store, settings.store);
    const channel = flags.channel === undefined ? settings.channel : parseName(flags.channel, 'the channel');
    const keys = flags.key ?? settings.keys;
    const started = Date.now();
    return withOpenBundle(this.args.bundle, async (bundle) => {
      const trust = await loadTrust(flags.trust ?? settings.trust);
      const store = await openStore(location, {
        ...storeOptions(flags),
        ...(flags['single-writer'] ? { singleWriter: true } : {}),
      });
      const options = {
        bundle,
        store,
        trust,
        channel,
        rollback: flags.rollback,
        deltasFrom: flags.deltas ?? settings.deltasFrom,
        now: this.now(),
        progress: this.progress,
      };
      if (flags['dry-run']) {
        const atHand = await keyidsAtHand(keys);
        const plan = await withScratchFolder((scratch) =>
          planPublish({ ...options, atHand, awaitsSignatures: true, scratch }),
        );
        const report = planReport(plan, atHand);
        for (const line of planLines(report)) this.say(line);
        return report;
      }
      const signers = await openSigners(keys, {
        passphrase: passphraseSource(flags),
        rootKeyids: rootKeyidsOf(trust),
      });
      const report = await withScratchFolder((scratch) => publish({ ...options, signers, scratch }));
      for (const line of publishLines(report, (Date.now() - started) / 1000)) this.say(line);
      return report;
    });
  }
}
