import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import { TOP_ROLES } from './model.ts';

const ROLE_NAME = /^[a-z0-9][a-z0-9.-]{0,127}$/;
/** Windows opens a device for these, whatever follows the first dot. */
const DEVICE_NAME = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const UNSAFE_IN_PATH = /[\u0000-\u001f\u007f\\]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const CONTROL = /[\u0000-\u001f\u007f]/;
const MAX_PATH = 1024;
const MAX_FOREIGN = 128;
/** What a key in a store may hold of a segment, beside the version and the ending. */
const MAX_ENCODED = 170;

/**
 * A delegated role's name of the kind that this tool gives: safe as it is in a file name, a store key and a URL, and no
 * top-level role's.
 */
export const isDelegatedName = (name: string): boolean =>
  ROLE_NAME.test(name) &&
  !name.includes('..') &&
  !name.endsWith('.') &&
  !DEVICE_NAME.test(name) &&
  !TOP_ROLES.some((role) => role === name);

/**
 * A delegated role's name as TUF allows it to another repository: any text (section 4.5) that is no top-level role's, no
 * device on Windows, and not too long. Such a name is never used as it is: `encodedRole` encodes it.
 */
export const isRoleName = (name: string): boolean =>
  isDelegatedName(name) ||
  (name.length >= 1 &&
    name.length <= MAX_FOREIGN &&
    name.isWellFormed() &&
    !CONTROL.test(name) &&
    !DEVICE_NAME.test(name) &&
    !TOP_ROLES.some((role) => role === name) &&
    encoded(name).length <= MAX_ENCODED);

/**
 * What stands for a role in a file name, a store key and a URL: its name, percent-encoded where it holds anything but
 * `A-Z a-z 0-9 . _ -` (RFC 3986, section 2.1). A `/` is encoded like the rest, so a name never leaves its folder.
 */
export const encodedRole = (name: string): string => (isDelegatedName(name) ? name : encoded(name));

const encoded = (name: string): string =>
  encodeURIComponent(name).replace(
    /[!'()*~]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** A relative, `/`-separated path without empty, `.` or `..` segments, backslashes or control characters. */
export const isTargetPath = (path: string): boolean =>
  path.length <= MAX_PATH &&
  !UNSAFE_IN_PATH.test(path) &&
  path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');

/** @throws OtaError `target-path` */
export function checkTargetPath(path: string, where?: string): string {
  if (isTargetPath(path)) return path;
  throw new OtaError('target-path', `${JSON.stringify(path)} is not a safe target path`, {
    ...(where === undefined ? {} : { where }),
    hint: 'A target path is relative, separated by "/", and has no empty, "." or ".." segments.',
  });
}

/**
 * The role of a product: its own name.
 *
 * @throws OtaError `name-invalid` for a product whose role would be mistaken for another
 */
export function productRole(product: Name): string {
  if (isDelegatedName(product)) return product;
  throw new OtaError('name-invalid', `a product may not be called ${JSON.stringify(product)}`, {
    where: product,
    hint: 'The name is that of a top-level TUF role or of a Windows device; choose another.',
  });
}

/** The role of a product's channels. */
export const channelsRole = (product: Name): string => `${productRole(product)}.channels`;

/** Which role delegates to another in the layout that this tool publishes: `gateway.channels` is under `gateway`. */
export function delegatorOf(role: string): string {
  const dot = role.lastIndexOf('.');
  return dot < 0 ? 'targets' : role.slice(0, dot);
}
