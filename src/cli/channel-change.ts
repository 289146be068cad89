import { Flags } from '@oclif/core';
import { parseName } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import type { ChannelChange } from '../publish/plan-channel.ts';
import { type ChannelReport, setChannel } from '../publish/set-channel.ts';
import { stageChannel } from '../publish/stage-channel.ts';
import { openStore } from '../storage/open.ts';
import { archiveFlags, requiredProduct } from './archive-flags.ts';
import { logFlag } from './log/flag.ts';
import { passphraseEnvFlag, passphraseFlags, passphraseSource } from './passphrase.ts';
import { publicFlag, readBack } from './public-check.ts';
import { type StagedRequest, writeRequest } from './requests/stage.ts';
import { loadSettings } from './settings.ts';
import { keyidsAtHand, keysThatAreHere, openSigners, type SigningLog } from './signers.ts';
import { requiredStore, singleWriterFlag, storeOptions } from './store-flags.ts';
import { loadTrust, rootKeyidsOf } from './trust-folder.ts';
import { channelLines } from './views/channel.ts';
import type { ReadBack } from './views/read-back.ts';
import { stagedLines } from './views/staged.ts';

/** For every command that changes a channel: it is signed with the channel's key, and made fresh with the online one. */
export const channelChangeFlags = {
  ...archiveFlags,
  key: Flags.string({
    description:
      'key of the channels, of snapshot and timestamp; default: those of keys: in ota.yaml that are here',
    helpValue: 'KEY',
    multiple: true,
    multipleNonGreedy: true,
  }),
  ...publicFlag,
  ...singleWriterFlag,
  ...passphraseFlags,
  ...passphraseEnvFlag,
  ...logFlag,
};

interface ChangeFlags {
  readonly store?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly product?: string | undefined;
  readonly trust?: string | undefined;
  readonly key?: string[] | undefined;
  readonly 'public-url'?: string | undefined;
  readonly stage: boolean;
  readonly output?: string | undefined;
  readonly 'single-writer': boolean;
  readonly 'passphrase-file'?: string | undefined;
  readonly 'passphrase-fd'?: number | undefined;
  readonly 'passphrase-env'?: string | undefined;
}

/** For the same: the key of the channels may be elsewhere. */
export const stageFlags = {
  stage: Flags.boolean({ description: 'write a request to be signed elsewhere; needs no passphrase' }),
  output: Flags.string({
    char: 'o',
    description: 'with --stage: the request, a new file; default: a name that says what it asks for',
    helpValue: 'FILE',
    dependsOn: ['stage'],
  }),
};

/** What a command that changes a channel gives. */
export type ChannelResult = (ChannelReport & ReadBack) | StagedRequest;

export const changeLines = (result: ChannelResult): readonly string[] =>
  'kind' in result ? stagedLines(result) : channelLines(result);

/**
 * Changes a channel; with `--stage` a request is written instead.
 *
 * @throws OtaError as `setChannel` or `stageChannel`; `output-exists`
 */
export async function changeChannel(options: {
  readonly flags: ChangeFlags;
  readonly channel: string;
  readonly change: ChannelChange;
  readonly log: SigningLog;
  readonly now: Seconds;
  readonly progress: Progress;
}): Promise<ChannelResult> {
  const { flags, channel, change, log, now, progress } = options;
  const settings = await loadSettings();
  const store = await openStore(requiredStore(flags.store, settings.store), storeOptions(flags));
  const trust = await loadTrust(flags.trust ?? settings.trust);
  const planned = {
    store,
    trust,
    product: requiredProduct(flags.product, settings.product),
    channel: parseName(channel, 'the channel'),
    change,
    now,
  };
  if (flags.stage) {
    const path = flags.output ?? `${planned.product}-${channel}-${change.kind}.request`;
    return writeRequest({ ...(await stageChannel(planned)), path, store: store.url, targets: [] });
  }
  const keys = flags.key ?? (await keysThatAreHere(settings.keys));
  const report = await setChannel({
    ...planned,
    atHand: await keyidsAtHand(keys),
    unlock: () =>
      openSigners(keys, { passphrase: passphraseSource(flags), rootKeyids: rootKeyidsOf(trust), log }),
    progress,
  });
  const flag = flags['public-url'];
  return { ...report, ...(await readBack({ flag, setting: settings.publicUrl, store, trust, progress })) };
}
