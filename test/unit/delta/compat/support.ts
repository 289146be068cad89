import type { DeltaFormat } from '../../../../src/core/delta-formats.ts';
import { seal } from '../../../../src/core/digest.ts';
import { memorySource } from '../../../../src/core/source.ts';
import { type ApplyAnyOptions, applyAny } from '../../../../src/delta/apply-any.ts';
import { encodeBzip2 } from '../../../../src/delta/compat/bzip2/encode.ts';
import { createIn } from '../../../../src/delta/compat/create.ts';
import type { CreateOptions } from '../../../../src/delta/create.ts';
import { collect } from '../support.ts';

export const makeIn = (
  format: DeltaFormat,
  old: Uint8Array,
  fresh: Uint8Array,
  options: CreateOptions = {},
): Promise<Uint8Array> => collect(createIn(format, memorySource(old), memorySource(fresh), options));

export const applyTo = (old: Uint8Array, patch: Uint8Array, options?: ApplyAnyOptions): Promise<Uint8Array> =>
  collect(applyAny(memorySource(old), memorySource(patch), options));

export const imagesOf = (old: Uint8Array, fresh: Uint8Array) => ({ old: seal(old), new: seal(fresh) });

export const bzip2 = (...pieces: readonly Uint8Array[]): Promise<Uint8Array> => collect(encodeBzip2(pieces));
