import { Flags } from '@oclif/core';

/** Every command that signs has it. */
export const logFlag = {
  log: Flags.string({
    description: 'file that signing is logged in; default: log.jsonl beside the key',
    helpValue: 'FILE',
  }),
};
