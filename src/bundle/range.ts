import { validRange } from 'semver';

/** A range of semantic versions as npm writes them, such as `>=3 <4`. */
export const isRange = (text: string): text is string =>
  text.length <= 256 && text.trim() !== '' && validRange(text) !== null;
