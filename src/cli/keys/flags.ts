import { Flags } from '@oclif/core';
import type { KeyUse } from '../../keys/key-file.ts';

export const folderFlag = {
  dir: Flags.string({ description: 'folder of the keys', helpValue: 'DIR', default: 'keys' }),
};

export const useFlag = {
  online: Flags.boolean({
    description:
      'for a machine that publishes: opening the key takes half the memory, and guessing is half as dear',
  }),
};

export const useOf = (flags: { readonly online: boolean }): KeyUse => (flags.online ? 'online' : 'offline');
