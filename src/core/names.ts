import { OtaError } from './errors.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A product, component, slot, group, channel or hardware name that is safe in a path, a role name and a URL. */
export type Name = Branded<'Name'>;
/** A version of a product or component, safe in a path. */
export type Version = Branded<'Version'>;

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const VERSION = /^[0-9][0-9A-Za-z.-]{0,63}$/;

export const isName = (text: string): text is Name => NAME.test(text);
// A version is part of paths, where `..` has a meaning of its own.
export const isVersion = (text: string): text is Version =>
  VERSION.test(text) && !text.includes('..') && !text.endsWith('.');

/** @throws OtaError `name-invalid` */
export function parseName(text: string, what: string, where?: string): Name {
  if (isName(text)) return text;
  throw new OtaError('name-invalid', `${what} ${JSON.stringify(text)} is not a valid name`, {
    ...(where === undefined ? {} : { where }),
    hint: 'Use 1 to 63 of a-z, 0-9 and "-", starting with a letter or digit.',
  });
}

/** @throws OtaError `version-invalid` */
export function parseVersion(text: string, what: string, where?: string): Version {
  if (isVersion(text)) return text;
  throw new OtaError('version-invalid', `${what} ${JSON.stringify(text)} is not a valid version`, {
    ...(where === undefined ? {} : { where }),
    hint: 'Use 1 to 64 of 0-9, A-Z, a-z, "." and "-", starting with a digit, such as 2.4.0.',
  });
}

export const DOMAINS = ['bootloader', 'os', 'app', 'coprocessor'] as const;
export type Domain = (typeof DOMAINS)[number];
