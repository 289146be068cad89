import { Flags } from '@oclif/core';
import { archiveFlags, requiredProduct } from '../cli/archive-flags.ts';
import { OtaCommand } from '../cli/command.ts';
import { processors } from '../cli/environment.ts';
import { parseMix } from '../cli/mix.ts';
import { parseInterval } from '../cli/rollout-steps.ts';
import { loadSettings } from '../cli/settings.ts';
import { requiredStore, storeOptions } from '../cli/store-flags.ts';
import { loadTrust } from '../cli/trust-folder.ts';
import { simulationLines } from '../cli/views/simulation.ts';
import { simulationPage } from '../cli/views/simulation-page.ts';
import { parseWhen } from '../cli/when.ts';
import { utf8 } from '../core/bytes.ts';
import { parseName } from '../core/names.ts';
import { writeFileAtomic } from '../files/write.ts';
import { type Simulation, simulate } from '../simulate/simulate.ts';
import { openReadStore } from '../storage/open.ts';

const percent = (description: string) =>
  Flags.integer({ description, helpValue: 'PERCENT', min: 0, max: 100, default: 0 });

export default class Simulate extends OtaCommand<typeof Simulate> {
  static override summary = 'Replay what is published against thousands of devices that are not there.';
  static override description =
    `Shows who updates to what, when and with how many bytes while a rollout proceeds, and who refuses and why. Each choice is made by
the reference client's own code. The same --seed gives the same devices. Metadata is taken to be refreshed in time, so that it
has expired only for devices whose clock is ahead. Nothing is written but --html, and no payload is read.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --devices 50000 --mix 1.0.0=70,1.1.0=25,none=5 --html rollout.html',
    '<%= config.bin %> <%= command.id %> --clock-off 5 --root-behind 20 --every 6h --until 30d --json',
  ];
  static override flags = {
    ...archiveFlags,
    channel: Flags.string({
      description: 'channel that the devices follow; default: channel: in ota.yaml, else stable',
      helpValue: 'NAME',
    }),
    devices: Flags.integer({ description: 'how many there are', min: 1, max: 1_000_000, default: 10_000 }),
    seed: Flags.string({
      description: 'letters or digits that all chance comes from',
      helpValue: 'TEXT',
      default: '1',
    }),
    mix: Flags.string({
      description:
        'releases that devices have and their parts of the fleet; default: each live release as often',
      helpValue: '1.0.0=70,none=30',
    }),
    at: Flags.string({
      description: 'when it begins: a date, or days from now as in 7d; default: now',
      helpValue: 'DATE',
    }),
    until: Flags.string({
      description: 'when it ends; default: when the rollout is done',
      helpValue: 'DATE',
    }),
    every: Flags.string({ description: 'how often devices ask', helpValue: '6h', default: '1d' }),
    'clock-off': percent('devices whose clock is wrong, half of them ahead and half behind'),
    'clock-by': Flags.string({
      description: 'how wrong those clocks are',
      helpValue: '365d',
      default: '365d',
    }),
    'root-behind': percent('devices that were made with an earlier root'),
    html: Flags.string({
      description: 'write a page with a picture of it into this file',
      helpValue: 'FILE',
    }),
  };

  async run(): Promise<Simulation> {
    const { flags } = this;
    const settings = await loadSettings();
    const now = this.now();
    const simulation = await simulate({
      store: await openReadStore(requiredStore(flags.store, settings.store), storeOptions(flags)),
      trust: await loadTrust(flags.trust ?? settings.trust),
      product: requiredProduct(flags.product, settings.product),
      channel: flags.channel === undefined ? settings.channel : parseName(flags.channel, 'the channel'),
      devices: flags.devices,
      seed: parseName(flags.seed, '--seed'),
      ...(flags.mix === undefined ? {} : { mix: parseMix(flags.mix) }),
      start: flags.at === undefined ? now : parseWhen(flags.at, now),
      ...(flags.until === undefined ? {} : { until: parseWhen(flags.until, now) }),
      every: parseInterval(flags.every, '--every'),
      clockOff: flags['clock-off'],
      clockBy: parseInterval(flags['clock-by'], '--clock-by'),
      rootBehind: flags['root-behind'],
      threads: processors(),
      progress: this.progress,
    });
    for (const line of simulationLines(simulation)) this.say(line);
    if (flags.html !== undefined) {
      await writeFileAtomic(flags.html, utf8(simulationPage(simulation)));
      this.say(`The picture is in ${flags.html}`);
    }
    return simulation;
  }
}
