import { Args, Flags } from '@oclif/core';
import { compressedLength } from '../../bundle/compression.ts';
import { OtaCommand } from '../../cli/command.ts';
import { CACHE_ENV, jobsFlag, withDeltaMaker } from '../../cli/delta-maker.ts';
import { storeFlags, storeOptions } from '../../cli/store-flags.ts';
import { type DeltaReport, deltaLines } from '../../cli/views/delta.ts';
import { type Full, triedLines } from '../../cli/views/tried.ts';
import { DELTA_CODECS, DELTA_FORMATS } from '../../core/delta-formats.ts';
import { parseSize } from '../../core/sizes.ts';
import { createDeltaFile } from '../../delta/files.ts';
import { withFile } from '../../files/read.ts';

export default class Delta extends OtaCommand<typeof Delta> {
  static override summary = 'Make a delta from one image to another.';
  static override description =
    `The delta is bound to the digests of both images and is applied once before it appears. With --memory it is made so that
a device can apply it in that much memory. With --format it is in a format that devices may have an applier for already:
bsdiff40 for bspatch, vcdiff for xdelta3 and others; of several the smallest is written. Packed parts of images (gzip,
squashfs, xz, UEFI) are unpacked, unless devices cannot pack them again: --no-unpack, or --unpack for what they can. --explain tells what each takes.
ota publish makes deltas by itself; this is for trying.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> old.bin new.bin',
    '<%= config.bin %> <%= command.id %> old.bin new.bin -o update.otad --memory "64 KiB"',
    '<%= config.bin %> <%= command.id %> old.bin new.bin --format bsdiff40 --format vcdiff --explain',
    '<%= config.bin %> <%= command.id %> old.squashfs new.squashfs --unpack zstd-1.5.4',
    '<%= config.bin %> <%= command.id %> old.bin new.bin --cache ~/.cache/ota-deltas',
    '<%= config.bin %> <%= command.id %> old.bin new.bin --cache s3://build-cache/deltas',
  ];
  static override args = {
    old: Args.string({ description: 'the image that devices have', required: true }),
    new: Args.string({ description: 'the image that they are to have', required: true }),
  };
  static override flags = {
    output: Flags.string({
      char: 'o',
      description: 'the delta; default: <new>.<format>',
      helpValue: 'FILE',
    }),
    format: Flags.option({
      description: 'a format to try; default: otad',
      options: DELTA_FORMATS,
      multiple: true,
      multipleNonGreedy: true,
    })(),
    memory: Flags.string({ description: 'what a device can spend on applying it', helpValue: 'SIZE' }),
    unpack: Flags.option({
      description: 'an encoder by which the device can pack parts of an image again; default: all of them',
      options: DELTA_CODECS,
      multiple: true,
      multipleNonGreedy: true,
      exclusive: ['no-unpack'],
    })(),
    'no-unpack': Flags.boolean({ description: 'leave packed parts of images packed' }),
    explain: Flags.boolean({ description: 'show what was tried, beside the image in full and compressed' }),
    cache: Flags.string({
      description: 'keep deltas in a folder or a store, and take them from there',
      helpValue: 'URL',
      env: CACHE_ENV,
    }),
    endpoint: storeFlags.endpoint,
    region: storeFlags.region,
    ...jobsFlag,
    force: Flags.boolean({ description: 'replace an existing file' }),
  };

  async run(): Promise<DeltaReport> {
    const { args, flags } = this;
    const memory = flags.memory === undefined ? undefined : parseSize(flags.memory, '--memory');
    const started = performance.now();
    const made = await withDeltaMaker(
      { jobs: flags.jobs, cache: flags.cache, store: storeOptions(flags), warn: (text) => this.note(text) },
      (maker) =>
        createDeltaFile(args.old, args.new, flags.output ?? ((format) => `${args.new}.${format}`), {
          maker,
          progress: this.progress,
          exclusive: !flags.force,
          ...(flags.format === undefined ? {} : { formats: [...new Set(flags.format)] }),
          ...(memory === undefined ? {} : { memory }),
          ...this.#unpack(),
        }),
    );
    const seconds = (performance.now() - started) / 1000;
    const full = flags.explain ? await this.#full() : undefined;
    if (full) for (const line of triedLines(made.tried, full, { taken: made.format, memory })) this.say(line);
    const report: DeltaReport = { ...made, ...(full === undefined ? {} : { full }) };
    for (const line of deltaLines(report, seconds)) this.say(line);
    return report;
  }

  #unpack(): { readonly unpack?: false | readonly string[] } {
    if (this.flags['no-unpack']) return { unpack: false };
    return this.flags.unpack === undefined ? {} : { unpack: [...new Set(this.flags.unpack)] };
  }

  /** What devices download without a delta. */
  #full(): Promise<readonly Full[]> {
    return withFile(this.args.new, async (file) => [
      { name: 'in full', length: file.length },
      { name: 'in full, zstd', length: await compressedLength(file, this.progress) },
    ]);
  }
}
