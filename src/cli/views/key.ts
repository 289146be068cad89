import type { KeyDescription } from '../../keys/fingerprint.ts';

/** A key for a person: all of what it is compared by, on lines of its own. */
export const keyLines = ({ keyid, fingerprint, words }: KeyDescription): string[] => [
  `  keyid        ${keyid}`,
  `  fingerprint  ${fingerprint}`,
  `  in words     ${words}`,
];
