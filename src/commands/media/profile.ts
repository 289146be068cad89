import { Flags } from '@oclif/core';
import { requiredProduct } from '../../cli/archive-flags.ts';
import { channelChangeFlags } from '../../cli/channel-change.ts';
import { OtaCommand } from '../../cli/command.ts';
import { passphraseSource } from '../../cli/passphrase.ts';
import { readBack } from '../../cli/public-check.ts';
import { type StagedRequest, writeRequest } from '../../cli/requests/stage.ts';
import { loadSettings } from '../../cli/settings.ts';
import { keyidsAtHand, keysThatAreHere, openSigners } from '../../cli/signers.ts';
import { requiredStore, storeOptions } from '../../cli/store-flags.ts';
import { loadTrust, rootKeyidsOf } from '../../cli/trust-folder.ts';
import { mediaProfileLines } from '../../cli/views/media-profile.ts';
import { type ReadBack, readBackLines } from '../../cli/views/read-back.ts';
import { stagedLines } from '../../cli/views/staged.ts';
import { OtaError } from '../../core/errors.ts';
import { type MediaProfileReport, setMediaProfile } from '../../publish/media-profile.ts';
import { stageMediaProfile } from '../../publish/stage-media-profile.ts';
import { MAX_MEDIA_DAYS, MEDIA_EXPIRIES, type MediaAge } from '../../repository/media-profile.ts';
import { openStore } from '../../storage/open.ts';

export default class MediaProfileCommand extends OtaCommand<typeof MediaProfileCommand> {
  static override summary = 'Say, signed, how devices that are updated from media judge their age.';
  static override description =
    `Until it is said, media expire as everything on the network does, with the first role on them:
after 30 days at most. With --expiry limit a medium counts for --days from when it was made, whatever the clock of a device that
has none says; with --expiry advice nothing is refused for its age, only told. Security counters hold whatever is chosen.

--counter N makes media void: a device that took a medium with it refuses those with a lower one for ever.

Takes the release keys of the product and the online key. With --stage the release keys may be elsewhere: what is to be signed goes
into a request, and "ota publish REQUEST RESPONSE…" carries it out.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --expiry limit --days 548 --passphrase-file keys/passphrase.txt',
    '<%= config.bin %> <%= command.id %> --counter 2 --stage -o media.request',
    '<%= config.bin %> <%= command.id %> --expiry advice --json',
  ];
  static override flags = {
    ...channelChangeFlags,
    key: Flags.string({
      description:
        'release key, and key of snapshot and timestamp; default: those of keys: in ota.yaml that are here',
      helpValue: 'KEY',
      multiple: true,
      multipleNonGreedy: true,
    }),
    expiry: Flags.string({
      description: 'how the age of media is judged; default: as before',
      options: [...MEDIA_EXPIRIES],
    }),
    days: Flags.integer({
      description: 'with --expiry limit: days for which a medium counts, from when it was made',
      min: 1,
      max: MAX_MEDIA_DAYS,
      helpValue: 'N',
    }),
    counter: Flags.integer({
      description: 'devices that took a medium with it refuse those with a lower one; default: as before',
      min: 0,
      helpValue: 'N',
    }),
    stage: Flags.boolean({ description: 'write a request to be signed elsewhere; needs no passphrase' }),
    output: Flags.string({
      char: 'o',
      description: 'with --stage: the request, a new file; default: <product>-media.request',
      helpValue: 'FILE',
      dependsOn: ['stage'],
    }),
  };

  async run(): Promise<(MediaProfileReport & ReadBack) | StagedRequest> {
    const { flags } = this;
    const age = ageOf(flags.expiry, flags.days);
    if (age === undefined && flags.counter === undefined) {
      throw new OtaError('usage-flag', 'it is not said what is to change', {
        hint: 'Give --expiry, --counter or both. "ota status" shows what holds now.',
      });
    }
    const settings = await loadSettings();
    const store = await openStore(requiredStore(flags.store, settings.store), storeOptions(flags));
    const trust = await loadTrust(flags.trust ?? settings.trust);
    const options = {
      store,
      trust,
      product: requiredProduct(flags.product, settings.product),
      ...(age === undefined ? {} : { age }),
      ...(flags.counter === undefined ? {} : { counter: flags.counter }),
      now: this.now(),
    };
    if (flags.stage) {
      const { request, review } = await stageMediaProfile(options);
      const path = flags.output ?? `${options.product}-media.request`;
      const staged = await writeRequest({ request, review, path, store: store.url, targets: [] });
      for (const line of stagedLines(staged)) this.say(line);
      return staged;
    }
    const keys = flags.key ?? (await keysThatAreHere(settings.keys));
    const { progress } = this;
    const report = await setMediaProfile({
      ...options,
      atHand: await keyidsAtHand(keys),
      unlock: () =>
        openSigners(keys, {
          passphrase: passphraseSource(flags),
          rootKeyids: rootKeyidsOf(trust),
          log: this.signingLog(flags.log),
        }),
      progress,
    });
    const flag = flags['public-url'];
    const back = await readBack({ flag, setting: settings.publicUrl, store, trust, progress });
    for (const line of [...mediaProfileLines(report), ...readBackLines(back)]) this.say(line);
    return { ...report, ...back };
  }
}

/** @throws OtaError `usage-flag` */
function ageOf(text: string | undefined, days: number | undefined): MediaAge | undefined {
  const expiry = MEDIA_EXPIRIES.find((item) => item === text);
  if (expiry === 'limit' && days !== undefined) return { expiry, days };
  if (expiry !== 'limit' && days === undefined) return expiry && { expiry };
  throw new OtaError('usage-flag', '--expiry limit and --days go together', {
    hint: 'For media that count for 18 months: --expiry limit --days 548.',
  });
}
