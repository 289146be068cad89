import chalk from 'chalk';

/** A bundle that passed every check. */
export interface VerifiedBundle {
  readonly path: string;
  readonly product: string;
  readonly version: string;
  /** SHA-256 of the manifest. */
  readonly manifest: string;
  /** Keyids that signed. */
  readonly signed: readonly string[];
  readonly threshold: number;
  /** Where the keys that count were taken from. */
  readonly keysFrom: string;
  /** How many payloads and images were checked. */
  readonly components: number;
}

export const verifyLines = (bundle: VerifiedBundle): string[] => [
  `${chalk.green('Genuine')}: ${chalk.bold(`${bundle.product} ${bundle.version}`)}, signed by ` +
    `${bundle.signed.map((keyid) => keyid.slice(0, 16)).join(', ')} (${bundle.threshold} needed, by ${bundle.keysFrom})`,
  `${chalk.green('Whole')}: ${bundle.components} payloads and images are what the manifest says`,
  `  manifest ${bundle.manifest}`,
];
