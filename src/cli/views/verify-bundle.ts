import chalk from 'chalk';
import type { VerifiedBundle } from '../verify/bundle.ts';
import { comparedLines } from './key.ts';

/** A bundle that was verified, for a person. */
export const verifiedBundleLines = (bundle: VerifiedBundle): string[] => [
  `${chalk.green('Genuine')}: ${chalk.bold(`${bundle.product} ${bundle.version}`)}, signed by ` +
    `${bundle.signed.map((keyid) => keyid.slice(0, 16)).join(', ')} (${bundle.threshold} needed, by ${bundle.keysFrom})`,
  ...bundle.keys.flatMap(comparedLines),
  `${chalk.green('Whole')}: ${bundle.components} payloads and images are what the manifest says`,
  `  manifest ${bundle.manifest}`,
];
