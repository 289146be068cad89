import { Flags } from '@oclif/core';
import { OtaCommand } from '../../cli/command.ts';
import { productsFlag } from '../../cli/media/flags.ts';
import { sliceRequests } from '../../cli/media/requests.ts';
import { loadSettings } from '../../cli/settings.ts';
import { requiredStore, storeFlags, storeOptions } from '../../cli/store-flags.ts';
import { trustFlag } from '../../cli/trust-flag.ts';
import { loadTrust } from '../../cli/trust-folder.ts';
import { outlookLines } from '../../cli/views/media-outlook.ts';
import { parseLasting, parseWhen } from '../../cli/when.ts';
import { lastingOf } from '../../media/lasting.ts';
import { type MediaOutlook, outlookOf } from '../../media/outlook.ts';
import { readLive } from '../../publish/repository-state.ts';
import { openReadStore } from '../../storage/open.ts';

export default class MediaPlan extends OtaCommand<typeof MediaPlan> {
  static override summary =
    'Show until when a medium would count, and who must sign what before it counts longer.';
  static override description =
    `By the profile that each product's role sets (ota media profile): every role that does not last, whose signatures it needs, and what another
profile would give. It reads metadata alone and writes nothing.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --valid-for 18mo',
    '<%= config.bin %> <%= command.id %> --valid-for 2y --product gateway --at 2027-01-15 --json',
  ];
  static override flags = {
    ...storeFlags,
    ...trustFlag,
    ...productsFlag,
    'valid-for': Flags.string({
      description: 'how long devices have to take it, as in 18mo, 2y, 26w or 90d',
      helpValue: 'TIME',
      required: true,
    }),
    at: Flags.string({
      description: 'when the medium is to be made: a date, a time, or days from now as in 30d',
      helpValue: 'DATE',
    }),
  };

  async run(): Promise<MediaOutlook> {
    const { flags } = this;
    const settings = await loadSettings();
    const days = parseLasting(flags['valid-for'], '--valid-for');
    const now = flags.at === undefined ? this.now() : parseWhen(flags.at, this.now());
    const products = sliceRequests({ ...flags, full: false }, settings).map(({ product }) => product);
    const store = await openReadStore(requiredStore(flags.store, settings.store), storeOptions(flags));
    const { repository } = await readLive(store, await loadTrust(flags.trust ?? settings.trust));
    const outlook = outlookOf(await Promise.all(products.map((product) => lastingOf(repository, product))), {
      now,
      days,
    });
    for (const line of outlookLines(outlook)) this.say(line);
    return outlook;
  }
}
