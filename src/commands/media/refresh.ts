import { Args } from '@oclif/core';
import { OtaCommand } from '../../cli/command.ts';
import { loadSettings } from '../../cli/settings.ts';
import { requiredStore, storeFlags, storeOptions } from '../../cli/store-flags.ts';
import { trustFlag } from '../../cli/trust-flag.ts';
import { loadTrust } from '../../cli/trust-folder.ts';
import { refreshedLines } from '../../cli/views/media.ts';
import { pageParts } from '../../media/page/parts.ts';
import { type RefreshedMedium, refreshMedium } from '../../media/refresh.ts';
import { openReadStore } from '../../storage/open.ts';

export default class MediaRefresh extends OtaCommand<typeof MediaRefresh> {
  static override summary = 'Renew what keeps a medium fresh; its payloads stay as they are.';
  static override description =
    `Brings roots, roles and documents of a medium to those of the repository, for the devices that it was made for. It takes a moment, and
whenever it is cut off devices take the medium as before or as after; the same command goes on. An image or archive is written anew beside
itself, which takes its room once more, and then takes its place.

It is refused where a channel gives out a release by now whose payloads are not on the medium.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> /media/stick',
    '<%= config.bin %> <%= command.id %> /media/stick --store https://updates.example.com/gateway --json',
  ];
  static override args = {
    medium: Args.string({
      description: 'the folder of the medium, or its FILE.img or FILE.tar',
      required: true,
    }),
  };
  static override flags = { ...storeFlags, ...trustFlag };

  async run(): Promise<RefreshedMedium> {
    const { flags } = this;
    const settings = await loadSettings();
    const report = await refreshMedium({
      path: this.args.medium,
      store: await openReadStore(requiredStore(flags.store, settings.store), storeOptions(flags)),
      page: await pageParts(),
      trust: await loadTrust(flags.trust ?? settings.trust),
      now: this.now(),
      progress: this.progress,
    });
    for (const line of refreshedLines(report)) this.say(line);
    return report;
  }
}
