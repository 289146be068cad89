import { Flags } from '@oclif/core';
import type { Seconds } from '../../core/time.ts';
import { type Anchor, parseFingerprint } from '../../media/anchor.ts';
import { trustFlag } from '../trust-flag.ts';
import { trustedRoots } from '../verify/root.ts';

/** What a medium is judged by, for commands that run anywhere. */
export const anchorFlags = {
  ...trustFlag,
  root: Flags.string({
    description: 'root.json to trust, and nothing else',
    helpValue: 'FILE',
    exclusive: ['trust', 'fingerprint'],
  }),
  fingerprint: Flags.string({
    description: 'SHA-256 of the root.json to trust, which is on the medium',
    helpValue: 'SHA256',
    exclusive: ['trust', 'root'],
  }),
};

/** @param trust the folder where neither a root nor a fingerprint is given @throws OtaError `usage-flag`; as `trustedRoots` */
export async function anchorOf(
  flags: { readonly root?: string | undefined; readonly fingerprint?: string | undefined },
  trust: string,
  now: Seconds,
): Promise<Anchor> {
  if (flags.fingerprint !== undefined) return { fingerprint: parseFingerprint(flags.fingerprint) };
  const { first, last } = await trustedRoots(flags.root, trust, now);
  return { roots: [first, last] };
}
