import { Flags } from '@oclif/core';
import type { Sealed } from '../core/digest.ts';
import type { Name } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import type { Signer } from '../keys/signer.ts';
import type { AtHand } from '../publish/signers.ts';
import type { Trust } from '../repository/trust.ts';
import type { Review } from '../requests/review.ts';
import { openStore } from '../storage/open.ts';
import type { Store } from '../storage/store.ts';
import { archiveFlags, requiredProduct } from './archive-flags.ts';
import { logFlag } from './log/flag.ts';
import { passphraseEnvFlag, passphraseFlags, passphraseSource } from './passphrase.ts';
import { publicFlag, readBack } from './public-check.ts';
import { type StagedRequest, writeRequest } from './requests/stage.ts';
import { loadSettings } from './settings.ts';
import { keyidsAtHand, keysThatAreHere, openSigners, type SigningLog } from './signers.ts';
import { requiredStore, singleWriterFlag, storeOptions } from './store-flags.ts';
import { loadTrust, rootKeyidsOf } from './trust-folder.ts';
import type { ReadBack } from './views/read-back.ts';

/**
 * Flags of a command that signs a change of what is published, or has it signed elsewhere.
 *
 * @param keys whose keys it takes
 */
export const signedChangeFlags = (keys: string) => ({
  ...archiveFlags,
  key: Flags.string({
    description: `${keys}; default: those of keys: in ota.yaml that are here`,
    helpValue: 'KEY',
    multiple: true,
    multipleNonGreedy: true,
  }),
  ...publicFlag,
  ...singleWriterFlag,
  ...passphraseFlags,
  ...passphraseEnvFlag,
  ...logFlag,
  stage: Flags.boolean({ description: 'write a request to be signed elsewhere; needs no passphrase' }),
  output: Flags.string({
    char: 'o',
    description: 'with --stage: the request, a new file; default: a name that says what it asks for',
    helpValue: 'FILE',
    dependsOn: ['stage'],
  }),
});

/** Those flags as they were given. */
export interface SignedChangeInput {
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

/** What is changed, and as of when. */
export interface ChangeAt {
  readonly store: Store;
  readonly trust: Trust;
  readonly product: Name;
  readonly now: Seconds;
}

/** How it is signed here. */
export interface ChangeSigning {
  readonly atHand: AtHand;
  /** Opens the keys; asked for only when there is something to sign. */
  readonly unlock: () => Promise<readonly Signer[]>;
  readonly progress: Progress;
}

/**
 * Signs and publishes a change, and reads it back; with `--stage` a request is written instead, and no key is opened.
 *
 * @param options.file the request's name, where none was given
 * @throws OtaError as `sign` or `stage`; `output-exists`
 */
export async function signedChange<Report extends object>(options: {
  readonly flags: SignedChangeInput;
  readonly log: SigningLog;
  readonly now: Seconds;
  readonly progress: Progress;
  readonly file: (product: Name) => string;
  readonly stage: (at: ChangeAt) => Promise<{ readonly request: Sealed; readonly review: Review }>;
  readonly sign: (at: ChangeAt & ChangeSigning) => Promise<Report>;
}): Promise<(Report & ReadBack) | StagedRequest> {
  const { flags, log, now, progress } = options;
  const settings = await loadSettings();
  const store = await openStore(requiredStore(flags.store, settings.store), storeOptions(flags));
  const trust = await loadTrust(flags.trust ?? settings.trust);
  const at = { store, trust, product: requiredProduct(flags.product, settings.product), now };
  if (flags.stage) {
    const { request, review } = await options.stage(at);
    const path = flags.output ?? options.file(at.product);
    return writeRequest({ request, review, path, store: store.url, targets: [] });
  }
  const keys = flags.key ?? (await keysThatAreHere(settings.keys));
  const report = await options.sign({
    ...at,
    atHand: await keyidsAtHand(keys),
    unlock: () =>
      openSigners(keys, { passphrase: passphraseSource(flags), rootKeyids: rootKeyidsOf(trust), log }),
    progress,
  });
  const flag = flags['public-url'];
  return { ...report, ...(await readBack({ flag, setting: settings.publicUrl, store, trust, progress })) };
}
