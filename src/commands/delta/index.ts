import { Args, Flags } from '@oclif/core';
import { OtaCommand } from '../../cli/command.ts';
import { type DeltaReport, deltaLines } from '../../cli/views/delta.ts';
import { parseSize } from '../../core/sizes.ts';
import { createDeltaFile } from '../../delta/files.ts';

export default class Delta extends OtaCommand<typeof Delta> {
  static override summary = 'Make a delta from one image to another.';
  static override description =
    `The delta is bound to the digests of both images and is applied once before it appears. With --memory it is made so that
a device can apply it in that much memory. ota publish makes deltas by itself; this is for trying.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> old.bin new.bin',
    '<%= config.bin %> <%= command.id %> old.bin new.bin -o update.otad --memory "64 KiB"',
    '<%= config.bin %> <%= command.id %> old.bin new.bin --cache ~/.cache/ota-deltas',
  ];
  static override args = {
    old: Args.string({ description: 'the image that devices have', required: true }),
    new: Args.string({ description: 'the image that they are to have', required: true }),
  };
  static override flags = {
    output: Flags.string({ char: 'o', description: 'the delta; default: <new>.otad', helpValue: 'FILE' }),
    memory: Flags.string({ description: 'what a device can spend on applying it', helpValue: 'SIZE' }),
    cache: Flags.string({
      description: 'keep deltas in a folder, and take them from there',
      helpValue: 'FOLDER',
      env: 'OTA_DELTA_CACHE',
    }),
    force: Flags.boolean({ description: 'replace an existing file' }),
  };

  async run(): Promise<DeltaReport> {
    const output = this.flags.output ?? `${this.args.new}.otad`;
    const { memory, cache } = this.flags;
    const started = performance.now();
    const made = await createDeltaFile(this.args.old, this.args.new, output, {
      progress: this.progress,
      exclusive: !this.flags.force,
      ...(cache === undefined ? {} : { cache }),
      ...(memory === undefined ? {} : { memory: parseSize(memory, '--memory') }),
    });
    const report = { path: output, ...made };
    for (const line of deltaLines(report, (performance.now() - started) / 1000)) this.say(line);
    return report;
  }
}
