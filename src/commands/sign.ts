import { Args, Flags } from '@oclif/core';
import { withOpenBundle } from '../bundle/files.ts';
import { signBundleFile } from '../bundle/sign.ts';
import { OtaCommand } from '../cli/command.ts';
import { passphraseFlags } from '../cli/passphrase.ts';
import { releaseKeyFiles, releaseKeysOfTrust } from '../cli/release-keys.ts';
import { loadSettings } from '../cli/settings.ts';
import { unlockKeys } from '../cli/unlock.ts';
import { type SignReport, signLines, signSummary } from '../cli/views/sign.ts';
import { sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { refuseDemoKey } from '../keys/demo.ts';

export default class Sign extends OtaCommand<typeof Sign> {
  static override summary = 'Sign a bundle with release keys, in place.';
  static override description =
    `Shows what is in the bundle, then adds signatures to it. Payloads are not rewritten, so a bundle of any size takes the
same time; other people's signatures are kept. Of the keys in ota.yaml, those that the trust folder names as release
keys of the product are used.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> gateway-1.0.0.ota',
    '<%= config.bin %> <%= command.id %> gateway-1.0.0.ota --key keys/release.key.age --passphrase-file keys/passphrase.txt',
  ];
  static override args = {
    bundle: Args.string({ description: 'the bundle', required: true }),
  };
  static override flags = {
    key: Flags.string({
      description: 'key file to sign with; default: the release keys of keys: in ota.yaml',
      helpValue: 'FILE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    trust: Flags.string({
      description: 'trust folder; default: trust: in ota.yaml, else trust',
      helpValue: 'DIR',
    }),
    ...passphraseFlags,
  };

  async run(): Promise<SignReport> {
    const { bundle: path } = this.args;
    const { key, trust, 'passphrase-file': file, 'passphrase-fd': fd } = this.flags;
    const settings = await loadSettings();
    const { manifest, sealed } = await withOpenBundle(path, async (bundle) => bundle);
    const release = await releaseKeysOfTrust(trust ?? settings.trust, manifest.product, this.now());
    const paths = await releaseKeyFiles(key ?? settings.keys, release);
    for (const line of signSummary(manifest)) this.say(line);
    const signers = await unlockKeys(paths, { file, fd });
    for (const { publicKey } of signers) {
      refuseDemoKey(publicKey.keyid, path);
      if (release.keys.has(publicKey.keyid)) continue;
      throw new OtaError(
        'key-missing',
        `key ${publicKey.keyid.slice(0, 16)} is no release key of ${manifest.product}`,
        {
          where: path,
          hint: `By ${release.source} these are: ${[...release.keys.keys()].map((id) => id.slice(0, 16)).join(', ')}.`,
        },
      );
    }
    const signed = await signBundleFile(path, signers, async (bundle) => {
      // Between the summary and the signature stands a person who types a passphrase.
      if (sameDigest(bundle.sealed, sealed)) return;
      throw new OtaError('input-changed', `${path} is not the bundle that was shown any more`, {
        where: path,
        hint: 'Nothing was signed. Find out what replaced it before you sign again.',
      });
    });
    for (const line of signLines(signed)) this.say(line);
    const { product, version, hardware, components } = manifest;
    return { ...signed, product, version, hardware, components };
  }
}
