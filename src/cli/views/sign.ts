import chalk from 'chalk';
import type { Manifest } from '../../bundle/manifest.ts';
import type { SignedBundle } from '../../bundle/sign.ts';
import { componentTable } from './bundle.ts';

/** Who signed, and what. */
export interface SignReport
  extends SignedBundle,
    Pick<Manifest, 'product' | 'version' | 'hardware' | 'components'> {}

/** What is about to be signed. */
export const signSummary = (manifest: Manifest): string[] => [
  `${chalk.bold(`${manifest.product} ${manifest.version}`)} for ${manifest.hardware.join(', ')}`,
  ...componentTable(manifest),
];

/** Who signed. */
export function signLines({ path, added }: SignedBundle): string[] {
  if (added.length === 0) return [`${path} has been signed with these keys already; nothing to do.`];
  return [
    ...added.map((keyid) => `${chalk.green('Signed')} with key ${keyid.slice(0, 16)}`),
    `  next: ota publish ${path}`,
  ];
}
