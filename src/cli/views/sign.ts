import chalk from 'chalk';
import type { Manifest } from '../../bundle/manifest.ts';
import type { SignedBundle } from '../../bundle/sign.ts';
import type { KeyDescription } from '../../keys/fingerprint.ts';
import { componentTable } from './bundle.ts';
import { comparedLines } from './key.ts';

/** Who signed, and what. */
export interface SignReport
  extends SignedBundle,
    Pick<Manifest, 'product' | 'version' | 'hardware' | 'components'> {
  /** Those that signed now. */
  readonly keys: readonly KeyDescription[];
}

/** What is about to be signed. */
export const signSummary = (manifest: Manifest): string[] => [
  `${chalk.bold(`${manifest.product} ${manifest.version}`)} for ${manifest.hardware.join(', ')}`,
  ...componentTable(manifest),
];

/** Who signed. */
export function signLines({ path, keys }: Pick<SignReport, 'path' | 'keys'>): string[] {
  if (keys.length === 0) return [`${path} has been signed with these keys already; nothing to do.`];
  return [
    ...keys.flatMap((key) => [
      `${chalk.green('Signed')} with key ${key.keyid.slice(0, 16)}`,
      ...comparedLines(key),
    ]),
    `  next: ota publish ${path}`,
  ];
}
