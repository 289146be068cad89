import { Args, Flags } from '@oclif/core';
import { checkBundle } from '../bundle/check.ts';
import { withOpenBundle } from '../bundle/files.ts';
import { verifyManifestSignatures } from '../bundle/signatures.ts';
import { OtaCommand } from '../cli/command.ts';
import { releaseKeysOfFiles, releaseKeysOfTrust } from '../cli/release-keys.ts';
import { loadSettings } from '../cli/settings.ts';
import { type VerifiedBundle, verifyLines } from '../cli/views/verify.ts';

export default class Verify extends OtaCommand<typeof Verify> {
  static override summary = 'Check a bundle: who signed it, and every byte of its payloads and images.';
  static override description =
    `The release keys come from the trust folder (root, then targets, then the product's delegation), or are named with --key.
Exits 0 only when enough of them signed and every digest is right.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> gateway-1.0.0.ota',
    '<%= config.bin %> <%= command.id %> gateway-1.0.0.ota --key alice.pub --key bob.pub --threshold 2',
  ];
  static override args = {
    bundle: Args.string({ description: 'the bundle', required: true }),
  };
  static override flags = {
    trust: Flags.string({
      description: 'trust folder; default: trust: in ota.yaml, else trust',
      helpValue: 'DIR',
      exclusive: ['key'],
    }),
    key: Flags.string({
      description: 'public key that has to have signed',
      helpValue: 'FILE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    threshold: Flags.integer({
      description: 'how many of the keys must have signed; default: all',
      helpValue: 'N',
      min: 1,
      dependsOn: ['key'],
    }),
  };

  async run(): Promise<VerifiedBundle> {
    const { bundle: path } = this.args;
    const { key, threshold, trust } = this.flags;
    return withOpenBundle(path, async (bundle) => {
      const { manifest } = bundle;
      const release = key
        ? await releaseKeysOfFiles(key, threshold)
        : await releaseKeysOfTrust(trust ?? (await loadSettings()).trust, manifest.product, this.now());
      const { signed } = verifyManifestSignatures(
        bundle.sealed.bytes,
        bundle.signatures.bytes,
        release.keys,
        release.threshold,
      );
      await checkBundle(bundle, this.progress);
      const verified: VerifiedBundle = {
        path,
        product: manifest.product,
        version: manifest.version,
        manifest: bundle.sealed.sha256,
        signed,
        threshold: release.threshold,
        keysFrom: release.source,
        components: manifest.components.length,
      };
      for (const line of verifyLines(verified)) this.say(line);
      return verified;
    });
  }
}
