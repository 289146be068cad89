import { Args, Flags } from '@oclif/core';
import { archiveFlags, openArchiveOf } from '../../cli/archive-flags.ts';
import { OtaCommand } from '../../cli/command.ts';
import { pastReleaseLine, type VerifiedPastRelease } from '../../cli/views/archive.ts';
import { parseVersion } from '../../core/names.ts';
import { writeStreamAtomic } from '../../files/write.ts';
import { bundleOf, findPastRelease, verifyPastRelease } from '../../publish/past-releases.ts';

export default class ArchiveGet extends OtaCommand<typeof ArchiveGet> {
  static override summary = 'Get the bundle of any release that was ever published, byte for byte.';
  static override description =
    `The bundle is put together from the store's files, checked by its own signatures and digests. Release keys that have been
replaced since count for the releases of their time.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> 1.0.0',
    '<%= config.bin %> <%= command.id %> 1.0.0 -o old.ota --store s3://updates/gateway',
  ];
  static override args = {
    version: Args.string({ description: 'version of the release', required: true }),
  };
  static override flags = {
    ...archiveFlags,
    output: Flags.string({
      char: 'o',
      description: 'where the bundle goes; default: PRODUCT-VERSION.ota',
      helpValue: 'FILE',
    }),
  };

  async run(): Promise<VerifiedPastRelease & { readonly product: string; readonly path: string }> {
    const version = parseVersion(this.args.version, 'the version');
    const past = await openArchiveOf(this.flags);
    const verified = await verifyPastRelease(past, await findPastRelease(past, version), this.progress);
    const path = this.flags.output ?? `${past.product}-${verified.release.version}.ota`;
    const bytes = await writeStreamAtomic(path, bundleOf(verified), { exclusive: true });
    const { release, signed, targets } = verified;
    const got = { version: release.version, manifest: release.manifest.sha256, signed, targets, bytes };
    this.say(pastReleaseLine(past.product, got));
    this.say(`  in ${path}`);
    return { product: past.product, path, ...got };
  }
}
