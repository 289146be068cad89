import { Args, Flags } from '@oclif/core';
import { archiveFlags, requiredProduct } from '../../cli/archive-flags.ts';
import { OtaCommand } from '../../cli/command.ts';
import { loadSettings } from '../../cli/settings.ts';
import { requiredStore, storeOptions } from '../../cli/store-flags.ts';
import { loadTrust } from '../../cli/trust-folder.ts';
import { parseAt } from '../../cli/verify/at.ts';
import { explanationLines } from '../../cli/views/channel.ts';
import { parseName } from '../../core/names.ts';
import { type Explanation, explainChannel } from '../../publish/explain.ts';
import { openReadStore } from '../../storage/open.ts';

export default class ChannelExplain extends OtaCommand<typeof ChannelExplain> {
  static override summary = 'Say which release a channel gives to one device, and why.';
  static override description =
    `In a rollout, a hash of the device's id and the release decides, so anybody can work it out from public metadata. The answer
is for a device that has not got the release: one that has keeps it.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> stable --device gw-000123',
    '<%= config.bin %> <%= command.id %> stable --device gw-000123 --at 2027-01-31 --store https://updates.example.com/gateway',
  ];
  static override args = {
    channel: Args.string({ description: 'name of the channel', required: true }),
  };
  static override flags = {
    ...archiveFlags,
    device: Flags.string({ description: 'id of the device', helpValue: 'ID', required: true }),
    at: Flags.string({ description: 'as of this day or time, to look ahead', helpValue: 'DATE' }),
  };

  async run(): Promise<Explanation> {
    const { args, flags } = this;
    const settings = await loadSettings();
    const now = flags.at === undefined ? this.now() : parseAt(flags.at);
    const explanation = await explainChannel({
      store: await openReadStore(requiredStore(flags.store, settings.store), storeOptions(flags)),
      trust: await loadTrust(flags.trust ?? settings.trust),
      product: requiredProduct(flags.product, settings.product),
      channel: parseName(args.channel, 'the channel'),
      device: flags.device,
      now,
    });
    for (const line of explanationLines(explanation)) this.say(line);
    return explanation;
  }
}
