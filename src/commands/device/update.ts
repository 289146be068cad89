import { Args, Flags } from '@oclif/core';
import { OtaCommand } from '../../cli/command.ts';
import { formatsFlag } from '../../cli/formats-flag.ts';
import { loadSettings } from '../../cli/settings.ts';
import { parseSlot } from '../../cli/slot-flag.ts';
import { requiredStore, storeFlags, storeOptions } from '../../cli/store-flags.ts';
import { updateLines } from '../../cli/views/update.ts';
import { parseName } from '../../core/names.ts';
import type { NewDevice } from '../../device/new-device.ts';
import type { UpdateReport } from '../../device/report.ts';
import { updateDevice } from '../../device/update.ts';
import { readSmallFile } from '../../files/read.ts';
import { updateFromMedium } from '../../media/device.ts';
import { openMedium } from '../../media/store.ts';
import { openReadStore } from '../../storage/open.ts';
import type { ReadStore } from '../../storage/store.ts';

export default class DeviceUpdate extends OtaCommand<typeof DeviceUpdate> {
  static override summary = 'Update a reference device from a published repository, as a real device would.';
  static override description =
    `A device is a folder: what it trusts, what it has installed, and a file for each slot. The first update makes it, from
--product, --hardware and --root; later ones need only the store, and another --channel changes the channel. Deltas are used where one fits the image in the
slot, full payloads otherwise; everything is downloaded and checked before the first slot is written. A run is one start of the device: after
a component with reboot: true it ends, and the next run goes on.

With --media it is updated from a stick, without a network, and without a clock unless its maker said --clock trusted.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> device --product gateway --hardware gw-a1 --root trust/1.root.json --store ./repository',
    '<%= config.bin %> <%= command.id %> device --media /media/stick',
    '<%= config.bin %> <%= command.id %> device --store https://updates.example.com/gateway --json',
  ];
  static override args = {
    device: Args.string({ description: 'folder of the device', default: 'device' }),
  };
  static override flags = {
    ...storeFlags,
    media: Flags.string({
      description:
        'medium to update from, instead of a store: a folder (that of a stick, where it is mounted), .img or .tar',
      helpValue: 'DIR|FILE',
      exclusive: ['store', 'endpoint', 'region'],
    }),
    product: Flags.string({
      description: 'product of a new device; default: product: in ota.yaml',
      helpValue: 'NAME',
    }),
    hardware: Flags.string({ description: 'hardware id of a new device', helpValue: 'ID' }),
    channel: Flags.string({
      description: 'channel to follow from now on; default of a new device: stable',
      helpValue: 'NAME',
    }),
    root: Flags.string({ description: 'root.json that a new device trusts', helpValue: 'FILE' }),
    id: Flags.string({
      description: 'id of a new device, which rollouts go by; made up, if left out',
      helpValue: 'ID',
    }),
    ...formatsFlag,
    slot: Flags.string({
      description: 'bytes of a slot of a new device, into which a larger image is not installed',
      helpValue: 'NAME=SIZE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    clock: Flags.string({
      description:
        'of a new device: whether its clock is right, for the age of media; default: none, it goes by what is signed',
      options: ['trusted', 'none'],
    }),
    'play-reboots': Flags.boolean({
      description: 'go on after each restart that a component asks for, as if the device had restarted',
    }),
  };

  async run(): Promise<UpdateReport> {
    const settings = await loadSettings();
    const create = await this.#newDevice(settings.product);
    const started = Date.now();
    const options = {
      folder: this.args.device,
      now: this.now(),
      progress: this.progress,
      create,
      playReboots: this.flags['play-reboots'],
    };
    const { media } = this.flags;
    const report =
      media === undefined
        ? await updateDevice({ ...options, store: await this.#store(settings.store) })
        : await updateFromMedium(await openMedium(media), options);
    for (const line of updateLines(report, (Date.now() - started) / 1000)) this.say(line);
    return report;
  }

  #store(setting: string | undefined): Promise<ReadStore> {
    return openReadStore(requiredStore(this.flags.store, setting), storeOptions(this.flags));
  }

  async #newDevice(usualProduct: string | undefined): Promise<NewDevice> {
    const { product, hardware, channel, root, id, format, slot, clock } = this.flags;
    return {
      ...(product === undefined ? {} : { product: parseName(product, 'the product') }),
      ...(usualProduct === undefined ? {} : { usualProduct: parseName(usualProduct, 'the product') }),
      ...(hardware === undefined ? {} : { hardware: parseName(hardware, 'the hardware') }),
      ...(channel === undefined ? {} : { channel: parseName(channel, 'the channel') }),
      ...(id === undefined ? {} : { id }),
      ...(clock === undefined ? {} : { clock: clock === 'trusted' ? clock : 'none' }),
      ...(format === undefined ? {} : { formats: format }),
      ...(slot === undefined ? {} : { slots: new Map(slot.map(parseSlot)) }),
      ...(root === undefined ? {} : { rootBytes: await readSmallFile(root) }),
    };
  }
}
