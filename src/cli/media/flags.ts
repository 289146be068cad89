import { Flags } from '@oclif/core';

/** Products that a medium is for. */
export const productsFlag = {
  product: Flags.string({
    description: 'product; default: product: in ota.yaml',
    helpValue: 'NAME',
    multiple: true,
    multipleNonGreedy: true,
  }),
};
