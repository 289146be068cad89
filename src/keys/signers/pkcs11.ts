import type { PKCS11 } from 'pkcs11js';
import { OtaError } from '../../core/errors.ts';
import { parsePublicKey } from '../ed25519.ts';
import type { PublicKey } from '../public-key.ts';
import { CKR, returnValue, tokenError } from './pkcs11-errors.ts';
import { pkcs11Module } from './pkcs11-module.ts';
import { attempt, findToken, type Token } from './pkcs11-token.ts';
import type { Pkcs11Uri } from './pkcs11-uri.ts';
import type { KeySource, Secrets } from './source.ts';
import { verifiedSigner } from './verified.ts';

// PKCS#11 2.40 and 3.0, pkcs11t.h.
const CKF_SERIAL_SESSION = 0x4;
const CKF_LOGIN_REQUIRED = 0x4;
const CKF_PROTECTED_AUTHENTICATION_PATH = 0x100;
const CKF_USER_PIN_COUNT_LOW = 0x1_0000;
const CKF_USER_PIN_FINAL_TRY = 0x2_0000;
const CKS_RO_USER_FUNCTIONS = 1;
const CKU_USER = 1;
const CKO_PUBLIC_KEY = 2;
const CKO_PRIVATE_KEY = 3;
const CKA_CLASS = 0x0;
const CKA_LABEL = 0x3;
const CKA_ID = 0x102;
const CKA_EC_POINT = 0x181;
const CKM_EDDSA = 0x1057;
const SIGNATURE_BYTES = 64;
const KEY_BYTES = 32;

interface Session {
  readonly module: PKCS11;
  readonly token: Token;
  readonly handle: Buffer;
}

/** A key in a PKCS#11 token. @param environmentModule the module where the URI names none */
export function pkcs11Key(uri: Pkcs11Uri, environmentModule: string | undefined): KeySource {
  const start = async (): Promise<Session> => {
    const module = await pkcs11Module(uri.modulePath ?? environmentModule, uri.uri);
    const token = findToken(module, uri);
    const handle = attempt(uri.uri, 'open a session', () =>
      module.C_OpenSession(token.slot, CKF_SERIAL_SESSION),
    );
    return { module, token, handle };
  };
  return {
    uri: uri.uri,
    folder: undefined,
    peek: async () => {
      const session = await start();
      try {
        // Without a login many tokens show public objects only, some nothing.
        return attempt(uri.uri, 'find its public keys', () => publicKeyOf(session, uri, template(uri)));
      } finally {
        attempt(uri.uri, 'close a session', () => session.module.C_CloseSession(session.handle));
      }
    },
    open: async (secrets) => {
      const session = await start();
      await logIn(session, uri, secrets);
      return signerOf(session, uri);
    },
  };
}

async function logIn({ module, token, handle }: Session, uri: Pkcs11Uri, secrets: Secrets): Promise<void> {
  const state = attempt(uri.uri, 'say its state', () => module.C_GetSessionInfo(handle).state);
  // A login counts for all sessions of this process.
  if (!(token.flags & CKF_LOGIN_REQUIRED) || state === CKS_RO_USER_FUNCTIONS) return;
  const pin =
    token.flags & CKF_PROTECTED_AUTHENTICATION_PATH
      ? undefined
      : await secrets.pin(`the token ${token.label}`, uri.pinSource, warning(token));
  try {
    module.C_Login(handle, CKU_USER, pin);
  } catch (cause) {
    if (returnValue(cause) !== CKR.USER_ALREADY_LOGGED_IN) throw tokenError(cause, uri.uri, 'log in');
  }
}

function warning({ flags }: Token): string | undefined {
  if (flags & CKF_USER_PIN_FINAL_TRY) return 'last try before it locks';
  return flags & CKF_USER_PIN_COUNT_LOW ? 'a wrong PIN was given before' : undefined;
}

function signerOf(session: Session, uri: Pkcs11Uri) {
  const { module, handle } = session;
  const { key, publicKey } = attempt(uri.uri, 'find its keys', () => {
    const [key, ...more] = find(session, CKO_PRIVATE_KEY, template(uri));
    if (key === undefined || more.length > 0) {
      throw new OtaError(
        'key-missing',
        key === undefined
          ? `the token ${session.token.label} has no private key that fits ${uri.uri}`
          : `${uri.uri} fits ${more.length + 1} private keys of the token ${session.token.label}`,
        { where: uri.uri, hint: 'Name it with object=LABEL, id=%01, or both.' },
      );
    }
    const id = attribute(session, key, CKA_ID);
    const known =
      id === undefined || id.length === 0 ? template(uri) : [{ type: CKA_ID, value: Buffer.from(id) }];
    return { key, publicKey: publicKeyOf(session, uri, known) ?? pointOf(session, key, uri) };
  });
  if (publicKey === undefined) {
    throw new OtaError('key-invalid', `the token does not give the public key of ${uri.uri}`, {
      where: uri.uri,
      hint: 'Store the public key in the token, with the same CKA_ID as the private key, and make sure that it is Ed25519.',
    });
  }
  return verifiedSigner(publicKey, uri.uri, async (message) => {
    try {
      module.C_SignInit(handle, { mechanism: CKM_EDDSA }, key);
      return new Uint8Array(
        await module.C_SignAsync(handle, Buffer.from(message), Buffer.alloc(SIGNATURE_BYTES)),
      );
    } catch (cause) {
      throw tokenError(cause, uri.uri, 'sign');
    }
  });
}

type Template = readonly { readonly type: number; readonly value: Buffer | string }[];

const template = ({ object, id }: Pkcs11Uri): Template => [
  ...(object === undefined ? [] : [{ type: CKA_LABEL, value: object }]),
  ...(id === undefined ? [] : [{ type: CKA_ID, value: Buffer.from(id) }]),
];

function find({ module, handle }: Session, kind: number, wanted: Template): readonly Buffer[] {
  module.C_FindObjectsInit(handle, [{ type: CKA_CLASS, value: kind }, ...wanted]);
  try {
    return module.C_FindObjects(handle, 8);
  } finally {
    module.C_FindObjectsFinal(handle);
  }
}

function publicKeyOf(session: Session, uri: Pkcs11Uri, wanted: Template): PublicKey | undefined {
  const [key, ...more] = find(session, CKO_PUBLIC_KEY, wanted);
  return key === undefined || more.length > 0 ? undefined : pointOf(session, key, uri);
}

/** CKA_EC_POINT: by PKCS#11 3.0 the DER of an OCTET STRING, by many tokens the bare bytes. */
function pointOf(session: Session, key: Buffer, { uri }: Pkcs11Uri): PublicKey | undefined {
  const point = attribute(session, key, CKA_EC_POINT);
  if (point === undefined) return undefined;
  if (point.length === KEY_BYTES) return parsePublicKey(point, uri);
  const isDer = point.length === KEY_BYTES + 2 && point[0] === 0x04 && point[1] === KEY_BYTES;
  return isDer ? parsePublicKey(point.subarray(2), uri) : undefined;
}

function attribute({ module, handle }: Session, key: Buffer, type: number): Uint8Array | undefined {
  try {
    const value = module.C_GetAttributeValue(handle, key, [{ type }])[0]?.value;
    return value === undefined ? undefined : new Uint8Array(value);
  } catch {
    return undefined;
  }
}
