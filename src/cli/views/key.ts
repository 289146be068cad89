import type { KeyDescription } from '../../keys/fingerprint.ts';

/** A key for a person: all of what it is compared by, on lines of its own. */
export const keyLines = (key: KeyDescription): string[] => [
  `  keyid        ${key.keyid}`,
  ...comparedLines(key),
];

/** As `keyLines`, where the keyid stands already. */
export const comparedLines = ({ fingerprint, words }: KeyDescription): string[] => [
  `  fingerprint  ${fingerprint}`,
  `  in words     ${words}`,
];
