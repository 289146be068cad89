import { Args, Flags } from '@oclif/core';
import { OtaCommand } from '../cli/command.ts';
import { formatsFlag } from '../cli/formats-flag.ts';
import { type ReleaseKeys, releaseKeysOfFiles, releaseKeysOfTrust } from '../cli/release-keys.ts';
import { loadSettings, type Settings } from '../cli/settings.ts';
import { requiredStore, storeFlags, storeOptions } from '../cli/store-flags.ts';
import { parseAt } from '../cli/verify/at.ts';
import { type VerifiedBundle, verifyBundleFile } from '../cli/verify/bundle.ts';
import { type VerifyForm, verifyForm } from '../cli/verify/form.ts';
import { releaseKeysOfRoot, trustedRoots } from '../cli/verify/root.ts';
import { verifiedBundleLines } from '../cli/views/verify-bundle.ts';
import { previewLines } from '../cli/views/verify-device.ts';
import { repositoryLines } from '../cli/views/verify-repository.ts';
import { EXIT } from '../core/errors.ts';
import { type Name, parseName, parseVersion } from '../core/names.ts';
import { type Preview, previewUpdate } from '../device/preview.ts';
import { openReadStore } from '../storage/open.ts';
import { type RepositoryReport, verifyRepository } from '../verify/repository.ts';

type FaultyRepository = RepositoryReport & {
  readonly error?: { readonly code: string; readonly message: string; readonly exitCode: number };
};

export default class Verify extends OtaCommand<typeof Verify> {
  static override summary = 'Check a bundle, a whole repository, or what a device would make of one.';
  static override description = [
    'With a bundle: who signed it, and every byte of its payloads and images.',
    'Without: the repository of --store (or of ota.yaml). Every root from the trusted one on, every ' +
      "role, every object's length and digest, every release's signatures (archived ones too), every " +
      'channel and delta. All faults are reported, each with what to do; objects that nothing references ' +
      'are listed and are no fault. It only reads, from a folder, a bucket or a web server.',
    'With --as-device: what a device of --hardware would download from there and why, or why it ' +
      "refuses, by the reference client's own code; nothing is installed.",
    'Trusted is the root of the trust folder, or --root FILE and nothing but that. For a bundle the ' +
      'release keys are those of the product by that root and the targets role beside it (with --store, ' +
      'by that of the store), or are named with --key.',
    'Exits 0 only when nothing is wrong, and 4 when something is.',
  ].join('\n\n');
  static override examples = [
    '<%= config.bin %> <%= command.id %> gateway-1.0.0.ota',
    '<%= config.bin %> <%= command.id %> gateway-1.0.0.ota --key alice.pub --key bob.pub --threshold 2',
    '<%= config.bin %> <%= command.id %> --store https://updates.example.com/gateway --root root.json',
    '<%= config.bin %> <%= command.id %> --store s3://updates/gateway --quick --at 2027-01-31 --json',
    '<%= config.bin %> <%= command.id %> --store ./repository --as-device --hardware gw-a1 --channel stable --from 1.0.0',
  ];
  static override args = {
    bundle: Args.string({ description: 'a bundle; without one, the repository is verified' }),
  };
  static override flags = {
    ...storeFlags,
    trust: Flags.string({
      description: 'trust folder; default: trust: in ota.yaml, else trust',
      helpValue: 'DIR',
      exclusive: ['key', 'root'],
    }),
    root: Flags.string({
      description: 'root.json to trust, and nothing else',
      helpValue: 'FILE',
      exclusive: ['key'],
    }),
    at: Flags.string({
      description: 'judge what has expired as of this day or time, to look ahead',
      helpValue: 'DATE',
    }),
    key: Flags.string({
      description: 'public key that has to have signed the bundle',
      helpValue: 'FILE',
      multiple: true,
      multipleNonGreedy: true,
      helpGroup: 'BUNDLE',
    }),
    threshold: Flags.integer({
      description: 'how many of the keys must have signed; default: all',
      helpValue: 'N',
      min: 1,
      dependsOn: ['key'],
      helpGroup: 'BUNDLE',
    }),
    quick: Flags.boolean({
      description: 'look whether each payload is there, with its length, and do not read it',
      exclusive: ['as-device'],
      helpGroup: 'REPOSITORY',
    }),
    'as-device': Flags.boolean({
      description: 'show what a device would do',
      helpGroup: 'DEVICE',
    }),
    hardware: Flags.string({
      description: 'hardware id of the device',
      helpValue: 'ID',
      helpGroup: 'DEVICE',
    }),
    product: Flags.string({
      description: 'product of the device; default: product: in ota.yaml',
      helpValue: 'NAME',
      helpGroup: 'DEVICE',
    }),
    channel: Flags.string({
      description: 'channel that it follows; default: channel: in ota.yaml, else stable',
      helpValue: 'NAME',
      helpGroup: 'DEVICE',
    }),
    id: Flags.string({
      description: 'id of the device, which rollouts go by; without one it is the last to be given a release',
      helpValue: 'ID',
      helpGroup: 'DEVICE',
    }),
    from: Flags.string({
      description: 'release that it has installed; default: none',
      helpValue: 'VERSION',
      helpGroup: 'DEVICE',
    }),
    ...formatsFlag,
  };

  async run(): Promise<VerifiedBundle | FaultyRepository | Preview> {
    const settings = await loadSettings();
    const form = verifyForm(this.args.bundle, this.flags, settings.product);
    if (form.kind === 'bundle') return this.#bundle(form.path, settings);
    return form.kind === 'device' ? this.#device(form, settings) : this.#repository(settings);
  }

  get #at(): number {
    return this.flags.at === undefined ? this.now() : parseAt(this.flags.at);
  }

  async #bundle(path: string, settings: Settings): Promise<VerifiedBundle> {
    const { key, threshold, trust, root, store: location } = this.flags;
    const now = this.#at;
    const keysOf = async (product: Name): Promise<ReleaseKeys> => {
      if (key) return releaseKeysOfFiles(key, threshold);
      if (root === undefined) return releaseKeysOfTrust(trust ?? settings.trust, product, now);
      const store =
        location === undefined ? undefined : await openReadStore(location, storeOptions(this.flags));
      return releaseKeysOfRoot({ root, store, product, now, progress: this.progress });
    };
    const verified = await verifyBundleFile(path, keysOf, this.progress);
    for (const line of verifiedBundleLines(verified)) this.say(line);
    return verified;
  }

  async #repository(settings: Settings): Promise<FaultyRepository> {
    const started = Date.now();
    const { roots, ...published } = await this.#published(settings);
    const report = await verifyRepository({ ...published, rootBytes: roots.last, quick: this.flags.quick });
    for (const line of repositoryLines(report, (Date.now() - started) / 1000)) this.say(line);
    if (report.sound) return report;
    process.exitCode = EXIT.verification;
    const { faults } = report.counts;
    const message = `${report.store} has ${faults === 1 ? 'a fault' : `${faults} faults`}`;
    return { error: { code: 'repository-faulty', message, exitCode: EXIT.verification }, ...report };
  }

  async #device(form: Extract<VerifyForm, { kind: 'device' }>, settings: Settings): Promise<Preview> {
    const { channel, from, format } = this.flags;
    const { roots, ...published } = await this.#published(settings);
    const preview = await previewUpdate({
      ...published,
      rootBytes: roots.first,
      product: parseName(form.product, 'the product'),
      hardware: parseName(form.hardware, 'the hardware'),
      channel: channel === undefined ? settings.channel : parseName(channel, 'the channel'),
      ...(from === undefined ? {} : { from: parseVersion(from, 'the release') }),
      ...(format === undefined ? {} : { formats: format }),
      ...(this.flags.id === undefined ? {} : { id: this.flags.id }),
    });
    for (const line of previewLines(preview)) this.say(line);
    return preview;
  }

  async #published(settings: Settings) {
    const { root, trust, store } = this.flags;
    const now = this.#at;
    return {
      roots: await trustedRoots(root, trust ?? settings.trust, now),
      store: await openReadStore(requiredStore(store, settings.store), storeOptions(this.flags)),
      now,
      progress: this.progress,
    };
  }
}
