import { Flags } from '@oclif/core';

/** Every command that believes a store only as far as a person's own root goes has it. */
export const trustFlag = {
  trust: Flags.string({
    description: 'trust folder; default: trust: in ota.yaml, else trust',
    helpValue: 'DIR',
  }),
};
