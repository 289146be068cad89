import { Flags } from '@oclif/core';

/** What signing a request takes beside the keys. */
export const requestFlags = {
  root: Flags.string({
    description:
      'of a request: the root that you trust; remembered beside the key, so for the first time only',
    helpValue: 'FILE',
  }),
  output: Flags.string({
    char: 'o',
    description: 'of a request: the response, a new file; default: beside the request',
    helpValue: 'FILE',
  }),
  confirm: Flags.string({
    description: 'of a request: what would be typed to sign it, for scripts',
    helpValue: 'NAME',
  }),
  qr: Flags.boolean({ description: 'of a request: also show the response as a QR code' }),
};
