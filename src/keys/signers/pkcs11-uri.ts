import { OtaError } from '../../core/errors.ts';
import { decodePart, refuseUri } from './uri-text.ts';

/** What a token, its slot and its module may be chosen by (RFC 7512, section 2.3); each is compared with what the module says. */
export const TOKEN_ATTRIBUTES = [
  'token',
  'manufacturer',
  'serial',
  'model',
  'slot-id',
  'slot-description',
  'slot-manufacturer',
  'library-description',
  'library-manufacturer',
  'library-version',
] as const;
export type TokenAttribute = (typeof TOKEN_ATTRIBUTES)[number];

/** Where a PIN is read from, other than a prompt. */
export type PinSource =
  | { readonly file: string; readonly fd?: undefined }
  | { readonly fd: number; readonly file?: undefined };

/** A key in a PKCS#11 token. */
export interface Pkcs11Uri {
  readonly kind: 'pkcs11';
  readonly uri: string;
  readonly token: Readonly<Partial<Record<TokenAttribute, string>>>;
  /** CKA_LABEL. */
  readonly object?: string;
  /** CKA_ID. */
  readonly id?: Uint8Array;
  readonly modulePath?: string;
  readonly pinSource?: PinSource;
}

const isTokenAttribute = (name: string): name is TokenAttribute =>
  (TOKEN_ATTRIBUTES as readonly string[]).includes(name);

/** @throws OtaError `key-uri-invalid` */
export function parsePkcs11Uri(uri: string, rest: string, below: (path: string) => string): Pkcs11Uri {
  if (/pin-value=/i.test(rest)) refusePin();
  const [path = '', ...queries] = rest.split('?');
  if (queries.length > 1) refuseUri(uri, 'has two "?"', 'Write a question mark as %3F.');
  const token: Partial<Record<TokenAttribute, string>> = {};
  let object: string | undefined;
  let id: Uint8Array | undefined;
  for (const [name, value] of attributes(uri, path, ';')) {
    if (isTokenAttribute(name)) token[name] = decodePart(uri, value);
    else if (name === 'object') object = decodePart(uri, value);
    else if (name === 'id') id = decodeBytes(uri, value);
    else if (name === 'type') {
      if (value !== 'private') refuseUri(uri, 'is not of the type private', 'Name a private key.');
    } else refuseUri(uri, `has the attribute ${JSON.stringify(name)}, which is not known`, KNOWN_HINT);
  }
  let modulePath: string | undefined;
  let pinSource: PinSource | undefined;
  for (const [name, value] of queries[0] === undefined ? [] : attributes(uri, queries[0], '&')) {
    if (name === 'module-path') modulePath = below(decodePart(uri, value));
    else if (name === 'pin-source') pinSource = parsePinSource(uri, decodePart(uri, value), below);
    else
      refuseUri(uri, `has the query attribute ${JSON.stringify(name)}, which is not supported`, QUERY_HINT);
  }
  if (object === undefined && id === undefined) {
    refuseUri(uri, 'names no key of the token', 'Add object=LABEL or id=%01.');
  }
  return {
    kind: 'pkcs11',
    uri,
    token,
    ...(object === undefined ? {} : { object }),
    ...(id === undefined ? {} : { id }),
    ...(modulePath === undefined ? {} : { modulePath }),
    ...(pinSource === undefined ? {} : { pinSource }),
  };
}

const KNOWN_HINT = `Use token, serial, object, id and the like (RFC 7512): ${TOKEN_ATTRIBUTES.join(', ')}.`;
const QUERY_HINT = 'Use module-path and pin-source.';

/** `name=value` pairs, each name once. */
function attributes(uri: string, text: string, separator: string): readonly (readonly [string, string])[] {
  const pairs = text === '' ? [] : text.split(separator);
  const seen = new Set<string>();
  return pairs.map((pair) => {
    const at = pair.indexOf('=');
    const name = pair.slice(0, Math.max(at, 0));
    if (name === '') refuseUri(uri, 'has a part that is not NAME=VALUE', KNOWN_HINT);
    if (seen.has(name)) refuseUri(uri, `has ${JSON.stringify(name)} twice`, 'Keep one of them.');
    seen.add(name);
    return [name, pair.slice(at + 1)] as const;
  });
}

function decodeBytes(uri: string, text: string): Uint8Array {
  if (text === '' || !/^(?:%[0-9a-f]{2}|[^%])+$/i.test(text))
    refuseUri(uri, 'has an id that is empty or not escaped well', 'Write each byte as %01.');
  return new Uint8Array(
    Buffer.from(
      text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      'latin1',
    ),
  );
}

function parsePinSource(uri: string, text: string, below: (path: string) => string): PinSource {
  const fd = /^fd:(\d{1,4})$/.exec(text)?.[1];
  if (fd !== undefined) return { fd: Number(fd) };
  const path = text.replace(/^file:(?:\/\/(?=\/))?/, '');
  if (path !== '' && !path.startsWith('|') && !/^[a-z][a-z0-9+.-]+:/i.test(path))
    return { file: below(path) };
  return refuseUri(uri, 'has a pin-source that is neither a file nor fd:N', 'Write pin-source=file:PATH.');
}

function refusePin(): never {
  throw new OtaError('key-uri-invalid', 'a PIN may not stand in a URI, where others can read it', {
    where: 'pin-value',
    hint: 'Leave pin-value out and type the PIN when asked, or write pin-source=file:PATH or pin-source=fd:N. Change the PIN if this line was logged.',
  });
}
