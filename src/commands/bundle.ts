import { dirname, join } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { bundleName, type CreatedBundle, createBundle } from '../bundle/create.ts';
import { readReleaseFile } from '../bundle/release-file/read.ts';
import { basesOf } from '../cli/bases.ts';
import { OtaCommand } from '../cli/command.ts';
import { sourceDateEpoch } from '../cli/environment.ts';
import { bundleLines } from '../cli/views/bundle.ts';
import { readSmallFile } from '../files/read.ts';

export default class Bundle extends OtaCommand<typeof Bundle> {
  static override summary = 'Pack the images that ota.yaml names into one bundle.';
  static override description =
    `Checks the release file and every image, compresses the payloads, and writes one file with a manifest of all of it.
The same inputs give the same bytes on every machine. The components are put into an order in which a device works after
each single step, whichever of the releases named with --from it comes from. The bundle is not signed yet: ota sign comes next.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> products/gateway/ota.yaml -o out/gateway.ota',
    '<%= config.bin %> <%= command.id %> --from gateway-1.0.0.ota --from gateway-1.1.0.ota',
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
      description: 'bundle of a release that devices may come from: an order that works from it is sought',
      helpValue: 'BUNDLE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    force: Flags.boolean({ description: 'replace a bundle with other content' }),
  };

  async run(): Promise<CreatedBundle> {
    const { file } = this.args;
    const releaseFile = readReleaseFile(await readSmallFile(file), file);
    const epoch = sourceDateEpoch();
    const created = await createBundle({
      releaseFile,
      folder: dirname(file),
      bases: await basesOf(this.flags.from ?? [], releaseFile.product),
      output: this.flags.output ?? join('.', bundleName(releaseFile)),
      progress: this.progress,
      force: this.flags.force,
      ...(epoch === undefined ? {} : { sourceDateEpoch: epoch }),
    });
    for (const line of bundleLines(created)) this.say(line);
    return created;
  }
}
