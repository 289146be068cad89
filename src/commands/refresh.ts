import { Flags } from '@oclif/core';
import { OtaCommand } from '../cli/command.ts';
import { logFlag } from '../cli/log/flag.ts';
import { passphraseEnvFlag, passphraseFlags, passphraseSource } from '../cli/passphrase.ts';
import { publicFlag, readBack } from '../cli/public-check.ts';
import { loadSettings } from '../cli/settings.ts';
import { keyidsAtHand, keysThatAreHere, openSigners } from '../cli/signers.ts';
import { requiredStore, singleWriterFlag, storeFlags, storeOptions } from '../cli/store-flags.ts';
import { trustFlag } from '../cli/trust-flag.ts';
import { loadTrust, rootKeyidsOf } from '../cli/trust-folder.ts';
import { type ReadBack, readBackLines } from '../cli/views/read-back.ts';
import { expiringLines, refreshLines } from '../cli/views/refresh.ts';
import { type RefreshReport, refreshRepository } from '../publish/refresh.ts';
import { openStore } from '../storage/open.ts';

export default class Refresh extends OtaCommand<typeof Refresh> {
  static override summary =
    'Renew snapshot and timestamp, so that devices go on to believe what is published.';
  static override description =
    `For a nightly job: it writes two small files when half of the life of either is spent, and nothing otherwise. Before that it
verifies every role and looks for every object that one lists. It refuses when a role that others sign expires within 14 days,
and warns from 60 days on: it says which, who must sign it and by when.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --passphrase-file keys/passphrase.txt',
    '<%= config.bin %> <%= command.id %> --store s3://updates/gateway --key keys/online.key.age --passphrase-fd 3 --json',
  ];
  static override flags = {
    ...storeFlags,
    key: Flags.string({
      description: 'key of snapshot and timestamp; default: those of keys: in ota.yaml that are here',
      helpValue: 'KEY',
      multiple: true,
      multipleNonGreedy: true,
    }),
    ...trustFlag,
    force: Flags.boolean({ description: 'renew although a role is near its expiry' }),
    ...publicFlag,
    ...singleWriterFlag,
    ...passphraseFlags,
    ...passphraseEnvFlag,
    ...logFlag,
  };

  async run(): Promise<RefreshReport & ReadBack> {
    const { flags } = this;
    const settings = await loadSettings();
    const store = await openStore(requiredStore(flags.store, settings.store), storeOptions(flags));
    const trust = await loadTrust(flags.trust ?? settings.trust);
    const keys = flags.key ?? (await keysThatAreHere(settings.keys));
    const refreshed = await refreshRepository({
      store,
      trust,
      atHand: await keyidsAtHand(keys),
      unlock: () =>
        openSigners(keys, {
          passphrase: passphraseSource(flags),
          rootKeyids: rootKeyidsOf(trust),
          log: this.signingLog(flags.log),
        }),
      force: flags.force,
      now: this.now(),
      progress: this.progress,
    });
    const { progress } = this;
    const flag = flags['public-url'];
    const back = await readBack({ flag, setting: settings.publicUrl, store, trust, progress });
    const report = { ...refreshed, ...back };
    for (const line of expiringLines(report, this.now())) this.note(line);
    for (const line of [...refreshLines(report), ...readBackLines(back)]) this.say(line);
    return report;
  }
}
