import { Args, Flags } from '@oclif/core';
import { withOpenBundle } from '../bundle/files.ts';
import { signBundleFile } from '../bundle/sign.ts';
import { OtaCommand } from '../cli/command.ts';
import { logPath } from '../cli/log/append.ts';
import { logFlag } from '../cli/log/flag.ts';
import { passphraseEnvFlag, passphraseFlags, passphraseSource } from '../cli/passphrase.ts';
import { silentPrompts, terminalPrompts } from '../cli/prompts.ts';
import { releaseKeysAmong, releaseKeysOfTrust } from '../cli/release-keys.ts';
import { confirmTitle } from '../cli/requests/confirm.ts';
import { requestFlags } from '../cli/requests/flags.ts';
import { checkNeeded, neededKeys } from '../cli/requests/keys.ts';
import { knownRootPath } from '../cli/requests/known-root.ts';
import { qrLines } from '../cli/requests/qr.ts';
import { isRequestFile } from '../cli/requests/read.ts';
import { type SignedRequest, signRequestFile } from '../cli/requests/sign.ts';
import { loadSettings } from '../cli/settings.ts';
import { keyFolder, openSigners } from '../cli/signers.ts';
import { trustFlag } from '../cli/trust-flag.ts';
import { reviewLines, signedRequestLines } from '../cli/views/request.ts';
import { type SignReport, signLines, signSummary } from '../cli/views/sign.ts';
import { sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { describeKey } from '../keys/fingerprint.ts';

export default class Sign extends OtaCommand<typeof Sign> {
  static override summary =
    'Sign a bundle with release keys, in place; or a signing request, into a response.';
  static override description =
    `Shows what is in the bundle, then adds signatures to it. Payloads are not rewritten, so a bundle of any size takes the
same time; other people's signatures are kept. Of the keys in ota.yaml, those that the trust folder names as release
keys of the product are used. A key is a file, or in a token, an ssh-agent or behind a command (docs/keys.md).

A request is verified from the root that you hold (--root at the first time; it is remembered beside the key), and everything
that it changes is shown. Nothing is signed until its name is typed. The signatures go into a new file, the response.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> gateway-1.0.0.ota',
    '<%= config.bin %> <%= command.id %> gateway-1.0.0.ota --key keys/release.key.age --passphrase-file keys/passphrase.txt',
    `<%= config.bin %> <%= command.id %> gateway-1.0.0.ota --key 'pkcs11:token=ota;object=release?module-path=/usr/lib/softhsm/libsofthsm2.so'`,
    '<%= config.bin %> <%= command.id %> gateway-2.4.0.request --key keys/ada.key.age --root 1.root.json',
    '<%= config.bin %> <%= command.id %> gateway-2.4.0.request --key keys/ada.key.age --qr',
  ];
  static override args = {
    file: Args.string({ description: 'the bundle, or a signing request', required: true }),
  };
  static override flags = {
    key: Flags.string({
      description: 'key to sign with, a file or a URI; default: the release keys of keys: in ota.yaml',
      helpValue: 'KEY',
      multiple: true,
      multipleNonGreedy: true,
    }),
    ...trustFlag,
    ...requestFlags,
    ...passphraseFlags,
    ...passphraseEnvFlag,
    ...logFlag,
  };

  async run(): Promise<SignReport | SignedRequest> {
    return (await isRequestFile(this.args.file)) ? this.#signRequest() : this.#signBundle();
  }

  async #signRequest(): Promise<SignedRequest> {
    const { key, root, output, confirm, qr } = this.flags;
    const keys = key ?? (await loadSettings()).keys;
    const signed = await signRequestFile({
      path: this.args.file,
      knownRoot: knownRootPath(keyFolder(keys[0])),
      log: this.flags.log ?? logPath(keyFolder(keys[0])),
      ...(root === undefined ? {} : { root }),
      ...(output === undefined ? {} : { output }),
      now: this.now(),
      confirm: async (review, held) => {
        for (const line of await reviewLines(review, held)) this.say(line);
        if (key) await checkNeeded(key, review);
        await confirmTitle(review.title, confirm, this.jsonEnabled() ? silentPrompts : terminalPrompts);
      },
      open: async (review) =>
        openSigners(key ?? (await neededKeys(keys, review)), {
          passphrase: passphraseSource(this.flags),
          rootKeyids: review.rootKeyids,
          log: this.signingLog(this.flags.log),
        }),
    });
    for (const line of signedRequestLines(signed)) this.say(line);
    if (qr) for (const line of await qrLines(signed.code)) this.say(line);
    return signed;
  }

  async #signBundle(): Promise<SignReport> {
    const path = this.args.file;
    const { key, trust } = this.flags;
    const settings = await loadSettings();
    const { manifest, sealed } = await withOpenBundle(path, async (bundle) => bundle);
    const release = await releaseKeysOfTrust(trust ?? settings.trust, manifest.product, this.now());
    const keys = await releaseKeysAmong(key ?? settings.keys, release);
    for (const line of signSummary(manifest)) this.say(line);
    const signers = await openSigners(keys, {
      passphrase: passphraseSource(this.flags),
      ...(release.rootKeyids === undefined ? {} : { rootKeyids: release.rootKeyids }),
      log: this.signingLog(this.flags.log),
    });
    for (const { publicKey } of signers) {
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
    const keysThatSigned = await Promise.all(
      signers
        .filter(({ publicKey }) => signed.added.includes(publicKey.keyid))
        .map(({ publicKey }) => describeKey(publicKey)),
    );
    for (const line of signLines({ path, keys: keysThatSigned })) this.say(line);
    const { product, version, hardware, components } = manifest;
    return { ...signed, keys: keysThatSigned, product, version, hardware, components };
  }
}
