import { OtaError } from '../core/errors.ts';

const AGAIN = 'Write or copy the medium again, or get another one.';

/** What stands there is no medium at all. */
export const noMedium = (where: string, why: string): OtaError =>
  new OtaError('media-missing', `${where} is no medium: ${why}`, {
    where,
    hint: 'Name the folder or file that "ota media create" made.',
  });

/** The medium ends too early, or lacks a file. */
export const incomplete = (where: string, why: string): OtaError =>
  new OtaError('media-incomplete', `the medium is not complete: ${why}`, { where, hint: AGAIN });

/** Bytes of the medium are not those that were written. */
export const damaged = (where: string, why: string): OtaError =>
  new OtaError('media-damaged', `the medium is damaged: ${why}`, { where, hint: AGAIN });
