import { Flags } from '@oclif/core';
import { OtaCommand } from '../../cli/command.ts';
import type { StagedRequest } from '../../cli/requests/stage.ts';
import { signedChange, signedChangeFlags } from '../../cli/signed-change.ts';
import { mediaProfileLines } from '../../cli/views/media-profile.ts';
import { type ReadBack, readBackLines } from '../../cli/views/read-back.ts';
import { stagedLines } from '../../cli/views/staged.ts';
import { OtaError } from '../../core/errors.ts';
import { type MediaProfileReport, setMediaProfile } from '../../publish/media-profile.ts';
import { stageMediaProfile } from '../../publish/stage-media-profile.ts';
import { MAX_MEDIA_DAYS, MEDIA_EXPIRIES, type MediaAge } from '../../repository/media-profile.ts';

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
    ...signedChangeFlags('release key, and key of snapshot and timestamp'),
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
  };

  async run(): Promise<(MediaProfileReport & ReadBack) | StagedRequest> {
    const { flags } = this;
    const age = ageOf(flags.expiry, flags.days);
    if (age === undefined && flags.counter === undefined) {
      throw new OtaError('usage-flag', 'it is not said what is to change', {
        hint: 'Give --expiry, --counter or both. "ota status" shows what holds now.',
      });
    }
    const change = {
      ...(age === undefined ? {} : { age }),
      ...(flags.counter === undefined ? {} : { counter: flags.counter }),
    };
    const result = await signedChange<MediaProfileReport>({
      flags,
      log: this.signingLog(flags.log),
      now: this.now(),
      progress: this.progress,
      file: (product) => `${product}-media.request`,
      stage: (at) => stageMediaProfile({ ...at, ...change }),
      sign: (at) => setMediaProfile({ ...at, ...change }),
    });
    const lines =
      'kind' in result ? stagedLines(result) : [...mediaProfileLines(result), ...readBackLines(result)];
    for (const line of lines) this.say(line);
    return result;
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
