import { Args, Flags } from '@oclif/core';
import { OtaCommand } from '../../cli/command.ts';
import { formatsFlag } from '../../cli/formats-flag.ts';
import { productsFlag } from '../../cli/media/flags.ts';
import { sliceRequests } from '../../cli/media/requests.ts';
import { loadSettings } from '../../cli/settings.ts';
import { requiredStore, storeFlags, storeOptions } from '../../cli/store-flags.ts';
import { trustFlag } from '../../cli/trust-flag.ts';
import { loadTrust } from '../../cli/trust-folder.ts';
import { mediumLines } from '../../cli/views/media.ts';
import { parseLasting } from '../../cli/when.ts';
import { OtaError } from '../../core/errors.ts';
import { parseSize } from '../../core/sizes.ts';
import { createMedium, type MediumReport } from '../../media/create.ts';
import { mediumKind, WRITERS } from '../../media/open-writer.ts';
import { pageParts } from '../../media/page/parts.ts';
import { openReadStore } from '../../storage/open.ts';

export default class MediaCreate extends OtaCommand<typeof MediaCreate> {
  static override summary = 'Make a medium for devices that are never online: a stick that anyone can carry.';
  static override description =
    `Puts into a folder, such as that of a stick, what devices need of the repository: every root, the roles, and the payloads of what
their channel gives out. With --from, devices that have those releases get deltas where there are some, and components that do not
change are left out. What else is in the folder stays. FILE.img is the image of a stick with a FAT32 volume, made without root, to be
written to one as it is; FILE.tar is the same to be unpacked.

All that is written is checked on its way and read back. A run that was cut off is gone on with by the same command; until it has ended,
no device takes the medium for a finished one.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> /media/stick',
    '<%= config.bin %> <%= command.id %> /media/stick --from 1.0.0 --from 1.1.0 --hardware gw-a1 --limit 2GiB',
    '<%= config.bin %> <%= command.id %> gateway.img --size 4GiB --hardware gw-a1',
    '<%= config.bin %> <%= command.id %> /media/stick --product gateway --product sensor --from gateway=1.0.0 --valid-for 18mo --dry-run',
  ];
  static override args = {
    dest: Args.string({ description: 'a folder, or a FILE.img or FILE.tar', required: true }),
  };
  static override flags = {
    ...storeFlags,
    ...trustFlag,
    ...productsFlag,
    channel: Flags.string({
      description: 'channel that the devices follow; default: channel: in ota.yaml, else stable',
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
    }),
    from: Flags.string({
      description: 'release that devices have, as 1.0.0 or gateway=1.0.0; default: any or none, all in full',
      helpValue: 'VERSION',
      multiple: true,
      multipleNonGreedy: true,
    }),
    hardware: Flags.string({
      description: 'hardware of the devices; default: all',
      helpValue: 'ID',
      multiple: true,
      multipleNonGreedy: true,
    }),
    ...formatsFlag,
    full: Flags.boolean({
      description: 'with --from: all payloads in full beside the deltas, for devices in any state',
      dependsOn: ['from'],
    }),
    limit: Flags.string({ description: 'refuse to make it larger than this, as in 4GiB', helpValue: 'SIZE' }),
    'valid-for': Flags.string({
      description: 'refuse to make it where devices would not take it so long, as in 18mo, 2y, 26w or 90d',
      helpValue: 'TIME',
    }),
    size: Flags.string({
      description:
        'bytes of an image, such as those of the stick that it goes onto, as in 4GiB; default: as few as do',
      helpValue: 'SIZE',
    }),
    force: Flags.boolean({ description: 'make it although it does not last as long as --valid-for says' }),
    replace: Flags.boolean({ description: 'replace the medium that is there' }),
    'dry-run': Flags.boolean({ description: 'show what would be written, and write nothing' }),
  };

  async run(): Promise<MediumReport> {
    const started = Date.now();
    const { flags } = this;
    const settings = await loadSettings();
    const store = await openReadStore(requiredStore(flags.store, settings.store), storeOptions(flags));
    const { size, 'valid-for': lasting } = flags;
    const kind = mediumKind(this.args.dest);
    if (size !== undefined && kind !== 'image') throw notAnImage(this.args.dest);
    const report = await createMedium({
      store,
      page: await pageParts(),
      trust: await loadTrust(flags.trust ?? settings.trust),
      requests: sliceRequests(flags, settings),
      path: this.args.dest,
      write: WRITERS[kind],
      writing: { replace: flags.replace, ...(size === undefined ? {} : { size: parseSize(size, '--size') }) },
      ...(flags.limit === undefined ? {} : { limit: parseSize(flags.limit, '--limit') }),
      ...(lasting === undefined ? {} : { validFor: parseLasting(lasting, '--valid-for') }),
      force: flags.force,
      dryRun: flags['dry-run'],
      now: this.now(),
      progress: this.progress,
    });
    for (const line of mediumLines(report, (Date.now() - started) / 1000)) this.say(line);
    return report;
  }
}

const notAnImage = (path: string): OtaError =>
  new OtaError('usage-flag', `--size is for images, and ${path} is none`, {
    hint: 'Name the image FILE.img.',
  });
