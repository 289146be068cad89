import { Flags } from '@oclif/core';
import { OtaError } from '../core/errors.ts';

/** Where a repository is, for every command that reads or writes one. */
export const storeFlags = {
  store: Flags.string({
    description: 's3://bucket/prefix, a folder, or https:// to read; default: store: in ota.yaml',
    helpValue: 'URL',
  }),
  endpoint: Flags.string({ description: 'address of an S3-compatible server', helpValue: 'URL' }),
  region: Flags.string({ description: 'region of the bucket', helpValue: 'NAME' }),
};

/** For every command that writes to a store. */
export const singleWriterFlag = {
  'single-writer': Flags.boolean({
    description:
      'I state that nobody else writes to this store (for stores that cannot refuse a second write)',
  }),
  'clock-is-right': Flags.boolean({
    description: 'I have looked at the clock of this machine (where it and the repository disagree)',
  }),
};

/** For every command that gives a channel another release. */
export const strandFlag = {
  strand: Flags.boolean({
    description: 'devices with some live releases may stay behind: they cannot install this one, by no way',
  }),
};

/** @throws OtaError `usage-flag` */
export function requiredStore(flag: string | undefined, setting: string | undefined): string {
  const store = flag ?? setting;
  if (store !== undefined) return store;
  throw new OtaError('usage-flag', 'no store is given', {
    hint: 'Name it with --store, or under store: in ota.yaml.',
  });
}

/** The options of a store that were given, without the others. */
export const storeOptions = (flags: {
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly 'single-writer'?: boolean;
  readonly 'clock-is-right'?: boolean;
}) => ({
  ...(flags.endpoint === undefined ? {} : { endpoint: flags.endpoint }),
  ...(flags.region === undefined ? {} : { region: flags.region }),
  ...(flags['single-writer'] ? { singleWriter: true } : {}),
  ...(flags['clock-is-right'] ? { clockIsRight: true } : {}),
});
