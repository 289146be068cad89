import { Args, Flags } from '@oclif/core';
import { withOpenBundle } from '../bundle/files.ts';
import { OtaCommand } from '../cli/command.ts';
import { passphraseFlags } from '../cli/passphrase.ts';
import { loadSettings } from '../cli/settings.ts';
import { requiredStore, storeFlags, storeOptions } from '../cli/store-flags.ts';
import { loadTrust } from '../cli/trust-folder.ts';
import { unlockKeys } from '../cli/unlock.ts';
import { publishLines } from '../cli/views/publish.ts';
import { parseName } from '../core/names.ts';
import { withScratchFolder } from '../files/write.ts';
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
      description: 'key file to sign with; default: keys: in ota.yaml',
      helpValue: 'FILE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    trust: Flags.string({
      description: 'trust folder; default: trust: in ota.yaml, else trust',
      helpValue: 'DIR',
    }),
    rollback: Flags.boolean({
      description: 'let the channel go back to a release that was published before the present one',
    }),
    'single-writer': Flags.boolean({
      description:
        'I state that nobody else writes to this store (for stores that cannot refuse a second write)',
    }),
    ...passphraseFlags,
  };

  async run(): Promise<PublishReport> {
    const { flags } = this;
    const settings = await loadSettings();
    const location = requiredStore(flags.store, settings.store);
    const channel = flags.channel === undefined ? settings.channel : parseName(flags.channel, 'the channel');
    const started = Date.now();
    const report = await withOpenBundle(this.args.bundle, async (bundle) => {
      const trust = await loadTrust(flags.trust ?? settings.trust);
      const store = await openStore(location, {
        ...storeOptions(flags),
        ...(flags['single-writer'] ? { singleWriter: true } : {}),
      });
      const signers = await unlockKeys(flags.key ?? settings.keys, {
        file: flags['passphrase-file'],
        fd: flags['passphrase-fd'],
      });
      return withScratchFolder((scratch) =>
        publish({
          bundle,
          store,
          trust,
          signers,
          channel,
          rollback: flags.rollback,
          deltasFrom: flags.deltas ?? settings.deltasFrom,
          scratch,
          now: this.now(),
          progress: this.progress,
        }),
      );
    });
    for (const line of publishLines(report, (Date.now() - started) / 1000)) this.say(line);
    return report;
  }
}
