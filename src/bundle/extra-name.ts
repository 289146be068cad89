/**
 * Whether a name is one that an extra file may have in a bundle. It has a dot, which no component name has; it is not the
 * name of a document of the release; `.from.` marks deltas. With `extras/` before it, it fits the 100 bytes of a tar name.
 */
export const isExtraName = (text: string): boolean =>
  /^[a-z0-9][a-z0-9._-]{0,92}$/.test(text) &&
  text.includes('.') &&
  !text.includes('.from.') &&
  text !== 'manifest.json' &&
  text !== 'signatures.json';

export const EXTRA_NAME_FORM =
  'up to 93 of a-z, 0-9, ".", "_" and "-" with at least one ".", other than manifest.json and signatures.json';
