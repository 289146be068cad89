import { utf8 } from '../core/bytes.ts';
import { formatTime } from '../core/time.ts';
import { type MediaFor, type MediaLayout, PAGE_FILE } from './layout.ts';

/** Three lines for whoever finds the medium, with the line ends that every editor shows. */
export const readmeOf = (
  { for: products, made }: Pick<MediaLayout, 'for' | 'made'>,
  hasPage: boolean,
): Uint8Array =>
  utf8(
    [
      `Firmware updates: ${products.map(textOf).join('; ')}. As of ${formatTime(made)}.`,
      hasPage
        ? `Open ${PAGE_FILE} in a browser to see what is here and to check it.`
        : 'To check it: ota media verify, with the root that the maker of the devices gave out.',
      'Change and rename nothing: devices refuse what is not as it was signed.',
      '',
    ].join('\r\n'),
  );

const textOf = ({ product, hardware, releases }: MediaFor): string => {
  const versions = [...new Set(releases.map(({ version }) => version))];
  return `${product} ${versions.join(', ')} for ${hardware.join(', ')}`;
};
