import { Flags } from '@oclif/core';
import { archiveFlags, requiredProduct } from '../cli/archive-flags.ts';
import { OtaCommand } from '../cli/command.ts';
import { drawPlan } from '../cli/graph.ts';
import { loadSettings } from '../cli/settings.ts';
import { requiredStore, storeOptions } from '../cli/store-flags.ts';
import { loadTrust } from '../cli/trust-folder.ts';
import { fleetLines } from '../cli/views/fleet.ts';
import { type Name, parseName, parseVersion } from '../core/names.ts';
import { type FleetPlan, planFleet } from '../publish/fleet.ts';
import { openReadStore } from '../storage/open.ts';

export default class Plan extends OtaCommand<typeof Plan> {
  static override summary = 'Show how devices with every live release get to what their channel gives out.';
  static override description =
    `For each release and each hardware: which updates a device makes one after the other, how many bytes it downloads, by
deltas where there are some, and which devices get no further and why. It is the reference client that is asked, without a device.

With --graph, the states of the first update that devices with --from make are drawn, as a Mermaid flowchart or, into a file that ends
in .svg, as a picture: those that work, the steps between them, the ones that the order takes, and the steps that would lead to a state that does not work.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --from 1.0.0 --channel beta --store https://updates.example.com/gateway',
    '<%= config.bin %> <%= command.id %> --from 1.0.0 --graph states.svg',
  ];
  static override flags = {
    ...archiveFlags,
    channel: Flags.string({
      description: 'channel that the devices follow; default: channel: in ota.yaml, else stable',
      helpValue: 'NAME',
    }),
    from: Flags.string({ description: 'devices with this release alone', helpValue: 'VERSION' }),
    graph: Flags.string({
      description: 'with --from: draw the states in between into this file',
      helpValue: 'FILE',
      dependsOn: ['from'],
    }),
  };

  async run(): Promise<FleetPlan> {
    const { flags } = this;
    const settings = await loadSettings();
    const options = {
      store: await openReadStore(requiredStore(flags.store, settings.store), storeOptions(flags)),
      trust: await loadTrust(flags.trust ?? settings.trust),
      product: requiredProduct(flags.product, settings.product),
      channel: flags.channel === undefined ? settings.channel : parseName(flags.channel, 'the channel'),
    };
    const from = flags.from === undefined ? undefined : parseVersion(flags.from, '--from');
    const plan = await planFleet({ ...options, ...(from === undefined ? {} : { from }), now: this.now() });
    for (const line of fleetLines(plan)) this.say(line);
    if (flags.graph !== undefined && from !== undefined) {
      // What devices do first; where they get nowhere, what they would have to do.
      const way = plan.ways.find(({ hops }) => hops.length > 0) ?? plan.ways[0];
      const to = way?.hops[0]?.to ?? plan.head;
      const hardware = way?.hardware as Name;
      await drawPlan({ ...options, from, to, hardware, path: flags.graph });
      this.say(`The states from ${from} to ${to} on ${hardware} are drawn in ${flags.graph}`);
    }
    return plan;
  }
}
