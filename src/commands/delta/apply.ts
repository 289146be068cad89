import { Args, Flags } from '@oclif/core';
import { OtaCommand } from '../../cli/command.ts';
import { formatSize, parseSize } from '../../core/sizes.ts';
import { type AppliedDelta, applyDeltaFile } from '../../delta/apply-file.ts';

export default class DeltaApply extends OtaCommand<typeof DeltaApply> {
  static override summary = 'Make the new image from the old one and a delta.';
  static override description =
    `The old image must be exactly the one that the delta was made from. The new one appears only when its digest is
right. BSDIFF40 and VCDIFF deltas are applied, too; those formats hold no digest, so compare what is printed.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> old.bin update.otad -o new.bin',
    '<%= config.bin %> <%= command.id %> old.bin update.vcdiff -o new.bin',
  ];
  static override args = {
    old: Args.string({ description: 'the image that the delta was made from', required: true }),
    delta: Args.string({ description: 'the delta', required: true }),
  };
  static override flags = {
    output: Flags.string({ char: 'o', description: 'the new image', helpValue: 'FILE', required: true }),
    'max-memory': Flags.string({ description: 'refuse a delta that needs more', helpValue: 'SIZE' }),
    force: Flags.boolean({ description: 'replace an existing file' }),
  };

  async run(): Promise<{ readonly path: string } & AppliedDelta> {
    const { output, force, 'max-memory': maxMemory } = this.flags;
    const image = await applyDeltaFile(this.args.old, this.args.delta, output, {
      progress: this.progress,
      exclusive: !force,
      ...(maxMemory === undefined ? {} : { maxMemory: parseSize(maxMemory, '--max-memory') }),
    });
    this.say(`Made ${output}, ${formatSize(image.length)}`);
    this.say(`  sha256 ${image.sha256}`);
    if (!image.checked)
      this.say(`  ${image.format} holds no digest: compare this one with that of the image that it is to be`);
    return { path: output, ...image };
  }
}
