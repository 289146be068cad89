import { Args, Flags } from '@oclif/core';
import { withOpenBundle } from '../bundle/files.ts';
import { signBundleFile } from '../bundle/sign.ts';
import { OtaCommand } from '../cli/command.ts';
import { passphraseFlags } from '../cli/passphrase.ts';
import { silentPrompts, terminalPrompts } from '../cli/prompts.ts';
import { releaseKeyFiles, releaseKeysOfTrust } from '../cli/release-keys.ts';
import { confirmTitle } from '../cli/requests/confirm.ts';
import { requestFlags } from '../cli/requests/flags.ts';
import { neededKeys } from '../cli/requests/keys.ts';
import { knownRootPath } from '../cli/requests/known-root.ts';
import { qrLines } from '../cli/requests/qr.ts';
import { isRequestFile } from '../cli/requests/read.ts';
import { type SignedRequest, signRequestFile } from '../cli/requests/sign.ts';
import { loadSettings } from '../cli/settings.ts';
import { unlockKeys } from '../cli/unlock.ts';
import { reviewLines, signedRequestLines } from '../cli/views/request.ts';
import { type SignReport, signLines, signSummary } from '../cli/views/sign.ts';
import { sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { refuseDemoKey } from '../keys/demo.ts';

export default class Sign extends OtaCommand<typeof Sign> {
  static override summary =
    'Sign a bundle with release keys, in place; or a signing request, into a response.';
  static override description =
    `Shows what is in the bundle, then adds signatures to it. Payloads are not rewritten, so a bundle of any size takes the
same time; other people's signatures are kept. Of the keys in ota.yaml, those that the trust folder names as release
keys of the product are used.

A request is verified from the root that you hold (--root at the first time; it is remembered beside the key), and everything
that it changes is shown. Nothing is signed until its name is typed. The signatures go into a new file, the response.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> gateway-1.0.0.ota',
    '<%= config.bin %> <%= command.id %> gateway-1.0.0.ota --key keys/release.key.age --passphrase-file keys/passphrase.txt',
    '<%= config.bin %> <%= command.id %> gateway-2.4.0.request --key keys/ada.key.age --root 1.root.json',
    '<%= config.bin %> <%= command.id %> gateway-2.4.0.request --key keys/ada.key.age --qr',
  ];
  static override args = {
    file: Args.string({ description: 'the bundle, or a signing request', required: true }),
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
    ...requestFlags,
    ...passphraseFlags,
  };

  async run(): Promise<SignReport | SignedRequest> {
    return (await isRequestFile(this.args.file)) ? this.#signRequest() : this.#signBundle();
  }

  async #signRequest(): Promise<SignedRequest> {
    const { key, root, output, confirm, qr, 'passphrase-file': file, 'passphrase-fd': fd } = this.flags;
    const keys = key ?? (await loadSettings()).keys;
    const signed = await signRequestFile({
      path: this.args.file,
      knownRoot: knownRootPath(keys[0]),
      ...(root === undefined ? {} : { root }),
      ...(output === undefined ? {} : { output }),
      now: this.now(),
      confirm: async (review) => {
        for (const line of reviewLines(review, 'the one that you hold:')) this.say(line);
        await confirmTitle(review.title, confirm, this.jsonEnabled() ? silentPrompts : terminalPrompts);
      },
      open: async (review) => unlockKeys(key ?? (await neededKeys(keys, review)), { file, fd }),
    });
    for (const line of signedRequestLines(signed)) this.say(line);
    if (qr) for (const line of await qrLines(signed.code)) this.say(line);
    return signed;
  }

  async #signBundle(): Promise<SignReport> {
    const path = this.args.file;
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
