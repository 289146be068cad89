import { Args } from '@oclif/core';
import { OtaCommand } from '../../cli/command.ts';
import { folderFlag, useFlag, useOf } from '../../cli/keys/flags.ts';
import { type MadeKey, makeKey } from '../../cli/keys/made.ts';
import { readPem } from '../../cli/keys/pem.ts';
import { passphraseFlags, passphraseSource, readPassphrase } from '../../cli/passphrase.ts';
import { madeLines } from '../../cli/views/keys.ts';
import { decodePkcs8 } from '../../keys/pkcs8.ts';

export default class KeysImport extends OtaCommand<typeof KeysImport> {
  static override summary = 'Seal a private key that another tool made.';
  static override description =
    `Reads an Ed25519 key as "openssl genpkey -algorithm ed25519" writes it (PKCS#8 in PEM), from a file or from stdin, and seals it with a
passphrase into NAME.key.age. The file that it came from stays: destroy it when the new one has been tried.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> ada ada.pem',
    'openssl pkey -in encrypted.pem | <%= config.bin %> <%= command.id %> ada - --passphrase-file passphrase.txt',
  ];
  static override args = {
    name: Args.string({ description: 'name of the key: a-z, 0-9 and "-"', required: true }),
    file: Args.string({ description: 'the PEM file; "-" for stdin', required: true }),
  };
  static override flags = { ...folderFlag, ...useFlag, ...passphraseFlags };

  async run(): Promise<MadeKey> {
    const { name, file } = this.args;
    const { bytes, where } = await readPem(file);
    const seed = decodePkcs8(bytes, where);
    const passphrase = await readPassphrase({ ...passphraseSource(this.flags), confirm: true, label: name });
    const made = await makeKey({
      step: 'key-import',
      folder: this.flags.dir,
      name,
      seed,
      passphrase,
      use: useOf(this.flags),
      stamp: this.stamp(),
    });
    for (const line of madeLines(made, 'Sealed')) this.say(line);
    if (file !== '-') this.note(`${file} still holds the key unsealed: destroy it.`);
    return made;
  }
}
