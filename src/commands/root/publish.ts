import { Args, Flags } from '@oclif/core';
import { OtaCommand } from '../../cli/command.ts';
import { appendLog, logPath } from '../../cli/log/append.ts';
import { logFlag } from '../../cli/log/flag.ts';
import { passphraseEnvFlag, passphraseFlags, passphraseSource } from '../../cli/passphrase.ts';
import { publicFlag, readBack } from '../../cli/public-check.ts';
import { readRequest, readResponses } from '../../cli/requests/read.ts';
import { keysAmong } from '../../cli/root/keys.ts';
import { loadSettings } from '../../cli/settings.ts';
import { keyFolder, keysThatAreHere, openSigners } from '../../cli/signers.ts';
import { requiredStore, singleWriterFlag, storeFlags, storeOptions } from '../../cli/store-flags.ts';
import { trustFlag } from '../../cli/trust-flag.ts';
import { loadTrust, rootKeyidsOf, saveTrust } from '../../cli/trust-folder.ts';
import { type ReadBack, readBackLines } from '../../cli/views/read-back.ts';
import { type RotationView, rotationLines } from '../../cli/views/rotation.ts';
import { publishRotation } from '../../publish/rotation/publish.ts';
import { openStore } from '../../storage/open.ts';

export default class RootPublish extends OtaCommand<typeof RootPublish> {
  static override summary = 'Carry out a change of keys that has been signed.';
  static override description =
    `Takes the request and the responses of those who signed it, in any order. It is published only when the thresholds of the
present root and of the new one are met, and the reference client follows it from every earlier root; before that nothing is
written. The keys at hand sign snapshot, timestamp and channels anew. The trust folder follows. Running it again completes what was cut off.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> root.request ada.response ben.response',
    '<%= config.bin %> <%= command.id %> root.request *.response --key keys/night.key.age',
  ];
  static override args = {
    request: Args.string({ description: 'the request', required: true }),
    responses: Args.string({
      description: 'responses to it; - reads one from stdin',
      required: true,
      multiple: true,
    }),
  };
  static override flags = {
    ...storeFlags,
    key: Flags.string({
      description: 'key of an online role: a file or a URI; default: keys: in ota.yaml',
      helpValue: 'KEY',
      multiple: true,
      multipleNonGreedy: true,
    }),
    ...trustFlag,
    ...publicFlag,
    ...singleWriterFlag,
    ...passphraseFlags,
    ...passphraseEnvFlag,
    ...logFlag,
  };

  async run(): Promise<RotationView & ReadBack> {
    const { flags } = this;
    const settings = await loadSettings();
    const folder = flags.trust ?? settings.trust;
    const store = await openStore(requiredStore(flags.store, settings.store), storeOptions(flags));
    const held = await loadTrust(folder);
    const keys = flags.key ?? (await keysThatAreHere(settings.keys));
    const request = await readRequest(this.args.request);
    const { report, trust } = await publishRotation({
      request,
      responses: await readResponses(this.args.responses),
      store,
      trust: held,
      open: async (keyids) =>
        openSigners(await keysAmong(keys, keyids), {
          passphrase: passphraseSource(flags),
          rootKeyids: rootKeyidsOf(held),
          log: this.signingLog(flags.log),
        }),
      now: this.now(),
    });
    if (report.changed) {
      const step = { step: 'root-publish', what: report.title, sha256: request.sealed.sha256 };
      await appendLog(flags.log ?? logPath(keyFolder(keys[0])), step, this.stamp());
    }
    const rotated = { ...report, trustFolder: folder, trustFiles: await saveTrust(folder, trust) };
    const { progress } = this;
    const flag = flags['public-url'];
    const back = await readBack({ flag, setting: settings.publicUrl, store, trust, progress });
    const view = { ...rotated, ...back };
    for (const line of [...rotationLines(view), ...readBackLines(back)]) this.say(line);
    return view;
  }
}
