import { archiveFlags, requiredProduct } from '../../cli/archive-flags.ts';
import { OtaCommand } from '../../cli/command.ts';
import { loadSettings } from '../../cli/settings.ts';
import { requiredStore, storeFlags, storeOptions } from '../../cli/store-flags.ts';
import { loadTrust } from '../../cli/trust-folder.ts';
import { channelListLines, type ChannelList as Listed } from '../../cli/views/channel.ts';
import { publishedChannels } from '../../publish/channel.ts';
import { publishedRecalls } from '../../publish/recalls.ts';
import { openReadStore } from '../../storage/open.ts';

export default class ChannelList extends OtaCommand<typeof ChannelList> {
  static override summary = 'List the channels of a product, and which release each gives out.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --store https://updates.example.com/gateway --product gateway --json',
  ];
  static override flags = { ...storeFlags, product: archiveFlags.product, trust: archiveFlags.trust };

  async run(): Promise<Listed> {
    const { flags } = this;
    const settings = await loadSettings();
    const store = await openReadStore(requiredStore(flags.store, settings.store), storeOptions(flags));
    const product = requiredProduct(flags.product, settings.product);
    const trust = await loadTrust(flags.trust ?? settings.trust);
    const channels = await publishedChannels(store, trust, product);
    const list: Listed = {
      product,
      store: store.url,
      channels: channels.map(({ channel, release, rollout }) => ({
        channel,
        version: release.version,
        manifest: release.manifest.sha256,
        ...(release.recalled ? { recalled: release.recalled } : {}),
        ...(rollout ? { rollout } : {}),
      })),
      recalls: await publishedRecalls(store, trust, product),
    };
    for (const line of channelListLines(list)) this.say(line);
    return list;
  }
}
