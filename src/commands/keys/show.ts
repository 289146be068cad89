import { Args, Flags } from '@oclif/core';
import { OtaCommand } from '../../cli/command.ts';
import { proveKey } from '../../cli/keys/prove.ts';
import { publicKeyOf } from '../../cli/keys/public-key.ts';
import { logFlag } from '../../cli/log/flag.ts';
import { passphraseFlags, passphraseSource } from '../../cli/passphrase.ts';
import { openSigners } from '../../cli/signers.ts';
import { keyLines } from '../../cli/views/key.ts';
import { describeKey, type KeyDescription } from '../../keys/fingerprint.ts';

interface ShownKey extends KeyDescription {
  readonly key: string;
  /** Whether it has just signed. */
  readonly proved: boolean;
}

export default class KeysShow extends OtaCommand<typeof KeysShow> {
  static override summary = 'Show a key as it is compared: keyid, fingerprint, words.';
  static override description =
    `Takes a .pub file, a key file, or a key by its URI. With --prove the key is opened and signs something that means nothing, so that a
token, an agent or a command is known to work before it is relied on.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> keys/release.pub',
    `<%= config.bin %> <%= command.id %> 'pkcs11:token=ota;object=release?module-path=/usr/lib/softhsm/libsofthsm2.so' --prove`,
  ];
  static override args = {
    key: Args.string({ description: 'the key, a file or a URI', required: true }),
  };
  static override flags = {
    prove: Flags.boolean({ description: 'open the key and have it sign' }),
    ...passphraseFlags,
    ...logFlag,
  };

  async run(): Promise<ShownKey> {
    const { key } = this.args;
    const { prove } = this.flags;
    const options = { passphrase: passphraseSource(this.flags), log: this.signingLog(this.flags.log) };
    const [signer] = prove ? await openSigners([key], options) : [];
    if (signer) await proveKey(signer);
    const shown = {
      key,
      ...(await describeKey(signer?.publicKey ?? (await publicKeyOf(key, options)))),
      proved: prove,
    };
    this.say(key);
    for (const line of keyLines(shown)) this.say(line);
    if (prove) this.say('  It signs, and its signature verifies.');
    return shown;
  }
}
