import { OtaError } from '../core/errors.ts';

/** Of a percent-encoded character, a dot is none: `%2E%2E` is a way up in a URL. */
const SEGMENT = /^(?=.{1,200}$)(?:[A-Za-z0-9._-]|%(?!2E)[0-9A-F]{2})+$/;
const MAX_KEY = 900;

const isSegment = (text: string): boolean => SEGMENT.test(text) && text !== '.' && text !== '..';

/**
 * Whether a text names an object of a store: `/`-separated segments of `A-Z a-z 0-9 . _ -` and percent-encoded characters,
 * none of them `.` or `..`.
 *
 * Segments have at most 200 bytes, so that a temporary neighbour's name still fits a file system; keys have at most 900, so
 * that one still fits S3's 1024 below a prefix.
 */
export const isKey = (text: string): boolean => text.length <= MAX_KEY && text.split('/').every(isSegment);

/** @throws OtaError `name-invalid` */
export function checkKey(key: string, where: string): string {
  if (isKey(key)) return key;
  throw new OtaError('name-invalid', `${JSON.stringify(key)} is not a name that a store can hold`, {
    where,
    hint: 'Use segments of A-Z, a-z, 0-9, ".", "_" and "-" between slashes, none of them "." or "..".',
  });
}

/** A prefix to list: the start of a key, which may end in the middle of a segment or with `/`. @throws OtaError `name-invalid` */
export function checkPrefix(prefix: string, where: string): string {
  // Any key that starts with the prefix will do to judge it.
  if (isKey(`${prefix}x`)) return prefix;
  throw new OtaError('name-invalid', `${JSON.stringify(prefix)} is not the start of a name in a store`, {
    where,
  });
}
