import { Flags } from '@oclif/core';
import { parseName } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import { type ChannelChange, type ChannelReport, setChannel } from '../publish/set-channel.ts';
import { openStore } from '../storage/open.ts';
import { archiveFlags, requiredProduct } from './archive-flags.ts';
import { logFlag } from './log/flag.ts';
import { passphraseEnvFlag, passphraseFlags, passphraseSource } from './passphrase.ts';
import { publicFlag, readBack } from './public-check.ts';
import { loadSettings } from './settings.ts';
import { keyidsAtHand, keysThatAreHere, openSigners, type SigningLog } from './signers.ts';
import { requiredStore, singleWriterFlag, storeOptions } from './store-flags.ts';
import { loadTrust, rootKeyidsOf } from './trust-folder.ts';
import type { ReadBack } from './views/read-back.ts';

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
  readonly 'single-writer': boolean;
  readonly 'passphrase-file'?: string | undefined;
  readonly 'passphrase-fd'?: number | undefined;
  readonly 'passphrase-env'?: string | undefined;
}

/** @throws OtaError as `setChannel` */
export async function changeChannel(options: {
  readonly flags: ChangeFlags;
  readonly channel: string;
  readonly change: ChannelChange;
  readonly log: SigningLog;
  readonly now: Seconds;
  readonly progress: Progress;
}): Promise<ChannelReport & ReadBack> {
  const { flags, channel, change, log, now, progress } = options;
  const settings = await loadSettings();
  const store = await openStore(requiredStore(flags.store, settings.store), storeOptions(flags));
  const trust = await loadTrust(flags.trust ?? settings.trust);
  const keys = flags.key ?? (await keysThatAreHere(settings.keys));
  const report = await setChannel({
    store,
    trust,
    product: requiredProduct(flags.product, settings.product),
    channel: parseName(channel, 'the channel'),
    change,
    atHand: await keyidsAtHand(keys),
    unlock: () =>
      openSigners(keys, { passphrase: passphraseSource(flags), rootKeyids: rootKeyidsOf(trust), log }),
    now,
    progress,
  });
  const flag = flags['public-url'];
  return { ...report, ...(await readBack({ flag, setting: settings.publicUrl, store, trust, progress })) };
}
