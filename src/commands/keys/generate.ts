import { randomBytes } from 'node:crypto';
import { Args } from '@oclif/core';
import { OtaCommand } from '../../cli/command.ts';
import { folderFlag, useFlag, useOf } from '../../cli/keys/flags.ts';
import { type MadeKey, makeKey } from '../../cli/keys/made.ts';
import { passphraseFlags, passphraseSource, readPassphrase } from '../../cli/passphrase.ts';
import { madeLines } from '../../cli/views/keys.ts';

export default class KeysGenerate extends OtaCommand<typeof KeysGenerate> {
  static override summary = 'Make a key: NAME.key.age, sealed with a passphrase, and NAME.pub.';
  static override description =
    'Ed25519, in the PKCS#8 form that openssl reads, in a file that age opens. The passphrase is asked for twice. Nothing is overwritten.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> ada',
    '<%= config.bin %> <%= command.id %> online --online --passphrase-file /run/secrets/ota',
  ];
  static override args = {
    name: Args.string({ description: 'name of the key: a-z, 0-9 and "-"', required: true }),
  };
  static override flags = { ...folderFlag, ...useFlag, ...passphraseFlags };

  async run(): Promise<MadeKey> {
    const { name } = this.args;
    const passphrase = await readPassphrase({ ...passphraseSource(this.flags), confirm: true, label: name });
    const made = await makeKey({
      step: 'key-generate',
      folder: this.flags.dir,
      name,
      seed: randomBytes(32),
      passphrase,
      use: useOf(this.flags),
      stamp: this.stamp(),
    });
    for (const line of madeLines(made, 'Made')) this.say(line);
    return made;
  }
}
