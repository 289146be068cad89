import { basename } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { OtaCommand } from '../../cli/command.ts';
import { type ExportedKey, exportPrivateKey, exportPublicKey } from '../../cli/keys/export.ts';
import { keyFileOf } from '../../cli/keys/key-file.ts';
import { publicKeyOf } from '../../cli/keys/public-key.ts';
import { logFlag } from '../../cli/log/flag.ts';
import { passphraseFlags, passphraseSource, readPassphrase } from '../../cli/passphrase.ts';
import { keyLines } from '../../cli/views/key.ts';

export default class KeysExport extends OtaCommand<typeof KeysExport> {
  static override summary = "Write a key's public key, or its private key unsealed, to a new file.";
  static override description =
    `The public key of any key, of one in a token too, as a .pub file; with --pem as openssl reads it. With --private the private key of a
key file, as PKCS#8 in PEM that nothing seals, for the one move into a token: do it on a machine that is not on a network, into a
file in memory, and destroy that. It is logged.`;
  static override examples = [
    `<%= config.bin %> <%= command.id %> 'ssh-agent:' -o keys/ada.pub`,
    '<%= config.bin %> <%= command.id %> keys/release.key.age --private -o /dev/shm/release.pem',
  ];
  static override args = {
    key: Args.string({ description: 'the key, a file or a URI', required: true }),
  };
  static override flags = {
    output: Flags.string({
      char: 'o',
      description: 'file to write; it must not exist',
      helpValue: 'FILE',
      required: true,
    }),
    pem: Flags.boolean({ description: 'the public key as PEM (RFC 8410)', exclusive: ['private'] }),
    private: Flags.boolean({ description: 'the private key, unsealed' }),
    ...passphraseFlags,
    ...logFlag,
  };

  async run(): Promise<ExportedKey> {
    const { key } = this.args;
    const { output, pem } = this.flags;
    const passphrase = passphraseSource(this.flags);
    const log = this.signingLog(this.flags.log);
    const exported = this.flags.private
      ? await exportPrivateKey({
          path: keyFileOf(key),
          passphrase: await readPassphrase({ ...passphrase, label: basename(keyFileOf(key)) }),
          output,
          log,
        })
      : await exportPublicKey(await publicKeyOf(key, { passphrase, log }), output, pem);
    this.say(`Wrote the ${exported.private ? 'private' : 'public'} key of ${key} to ${output}`);
    for (const line of keyLines(exported)) this.say(line);
    if (exported.private)
      this.note(
        `${output} is sealed by nothing: whoever has it can sign. Destroy it as soon as it has been moved.`,
      );
    return exported;
  }
}
