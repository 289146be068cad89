import { basename } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { OtaCommand } from '../../cli/command.ts';
import { useFlag, useOf } from '../../cli/keys/flags.ts';
import { keyFileOf } from '../../cli/keys/key-file.ts';
import { appendLog, logPath } from '../../cli/log/append.ts';
import { passphraseFlags, passphraseSource, readPassphrase } from '../../cli/passphrase.ts';
import { keyFolder } from '../../cli/signers.ts';
import { keyLines } from '../../cli/views/key.ts';
import { describeKey, type KeyDescription } from '../../keys/fingerprint.ts';
import { resealKeyFile } from '../../keys/locker.ts';

export default class KeysPasswd extends OtaCommand<typeof KeysPasswd> {
  static override summary = 'Seal a key file with another passphrase.';
  static override description =
    `The key stays the same. Without --online it is sealed as a key that is kept away from machines that publish, so that guessing
is as dear as it can be. Copies of the old file still open with the old passphrase.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> keys/release.key.age',
    '<%= config.bin %> <%= command.id %> keys/online.key.age --online --passphrase-file old.txt --new-passphrase-file new.txt',
  ];
  static override args = {
    key: Args.string({ description: 'the key file', required: true }),
  };
  static override flags = {
    ...useFlag,
    ...passphraseFlags,
    'new-passphrase-file': Flags.string({
      description: 'file that holds the new passphrase',
      helpValue: 'FILE',
      exclusive: ['new-passphrase-fd'],
    }),
    'new-passphrase-fd': Flags.integer({
      description: 'open file descriptor to read the new passphrase from',
      helpValue: 'N',
      min: 0,
    }),
  };

  async run(): Promise<KeyDescription & { readonly key: string }> {
    const { key } = this.args;
    const path = keyFileOf(key);
    const label = basename(path);
    const old = await readPassphrase({ ...passphraseSource(this.flags), label });
    const { 'new-passphrase-file': file, 'new-passphrase-fd': fd } = this.flags;
    const next = await readPassphrase({ file, fd, confirm: true, label });
    const publicKey = await resealKeyFile(path, { old, next }, useOf(this.flags));
    const { keyid } = publicKey;
    await appendLog(
      logPath(keyFolder(key)),
      { step: 'key-passphrase', what: label, key: path, keyid },
      this.stamp(),
    );
    const description = await describeKey(publicKey);
    this.say(`Sealed ${path} with the new passphrase`);
    for (const line of keyLines(description)) this.say(line);
    return { key: path, ...description };
  }
}
