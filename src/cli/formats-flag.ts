import { Flags } from '@oclif/core';
import { DELTA_FORMATS } from '../core/delta-formats.ts';

/** For every command that stands for a device. */
export const formatsFlag = {
  format: Flags.option({
    description: 'a format of deltas that the device reads; default: all',
    options: DELTA_FORMATS,
    multiple: true,
    multipleNonGreedy: true,
  })(),
};
