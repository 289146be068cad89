import { Args, Flags } from '@oclif/core';
import { RULES } from '../bundle/lint/lint.ts';
import { type BundleReport, bundleReleaseFile, reissueBundle } from '../cli/bundle.ts';
import { OtaCommand } from '../cli/command.ts';
import { sourceDateEpoch } from '../cli/environment.ts';
import { storeFlags, storeOptions } from '../cli/store-flags.ts';
import { trustFlag } from '../cli/trust-flag.ts';
import { bundleLines, findingLines } from '../cli/views/bundle.ts';
import { parseVersion } from '../core/names.ts';

export default class Bundle extends OtaCommand<typeof Bundle> {
  static override summary = 'Pack the images that ota.yaml names into one bundle.';
  static override description =
    `Checks the release file and every image, compresses the payloads, and writes one file with a manifest of all of it.
The same inputs give the same bytes on every machine. The bundle is not signed yet: ota sign comes next.

Looks at what the store has published: the components are put into an order in which a device works after each single step,
whichever live release it comes from; no security counter goes down; and what is odd about an image, by itself or beside
the last release, is told or refused. Where the store cannot be read it says so: ota publish looks again.

With --reissue, an earlier release is bundled again under the new version that --as gives it, its counters raised so that devices go
back to it.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> products/gateway/ota.yaml -o out/gateway.ota',
    '<%= config.bin %> <%= command.id %> --offline --from gateway-1.0.0.ota --from gateway-1.1.0.ota',
    '<%= config.bin %> <%= command.id %> --reissue gateway-1.0.0.ota --as 1.2.0',
  ];
  static override args = {
    file: Args.string({ description: 'the release file', default: 'ota.yaml' }),
  };
  static override flags = {
    output: Flags.string({
      char: 'o',
      description: 'the bundle; default: <product>-<version>.ota in this folder',
      helpValue: 'FILE',
    }),
    from: Flags.string({
      description: 'bundle of a further release that devices may come from',
      helpValue: 'BUNDLE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    reissue: Flags.string({
      description: 'bundle this earlier release again instead of what the release file names',
      helpValue: 'BUNDLE',
      dependsOn: ['as'],
    }),
    as: Flags.string({
      description: 'with --reissue: the new version of the product',
      helpValue: 'VERSION',
      dependsOn: ['reissue'],
    }),
    allow: Flags.option({
      description: 'say nothing of what this rule finds odd',
      options: RULES,
      multiple: true,
      multipleNonGreedy: true,
    })(),
    ...storeFlags,
    ...trustFlag,
    offline: Flags.boolean({ description: 'do not look at the store', exclusive: ['store'] }),
    force: Flags.boolean({ description: 'replace a bundle with other content' }),
  };

  async run(): Promise<BundleReport> {
    const { args, flags } = this;
    const options = {
      file: args.file,
      from: flags.from ?? [],
      store: flags.store,
      storeOptions: storeOptions(flags),
      trust: flags.trust,
      offline: flags.offline,
      output: flags.output,
      force: flags.force,
      allow: flags.allow ?? [],
      sourceDateEpoch: sourceDateEpoch(),
      progress: this.progress,
    };
    const report =
      flags.reissue === undefined
        ? await bundleReleaseFile(options)
        : await reissueBundle(options, flags.reissue, parseVersion(flags.as ?? '', '--as'));
    for (const line of findingLines(report)) this.note(line);
    for (const line of bundleLines(report)) this.say(line);
    return report;
  }
}
