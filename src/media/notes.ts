import type { Manifest, ManifestExtra } from '../bundle/manifest.ts';

/** Longer ones are for other readers than people in front of a device. */
const MAX_BYTES = 64 * 2 ** 10;

/** The texts among the extras of a release, which go onto media and which their page shows. */
export const notesIn = ({ extras }: Manifest): readonly ManifestExtra[] =>
  extras.filter(({ name, length }) => length <= MAX_BYTES && /\.(?:md|txt)$/.test(name));
