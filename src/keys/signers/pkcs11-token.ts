import type { PKCS11 } from 'pkcs11js';
import { OtaError } from '../../core/errors.ts';
import { tokenError } from './pkcs11-errors.ts';
import { type Pkcs11Uri, TOKEN_ATTRIBUTES, type TokenAttribute } from './pkcs11-uri.ts';

// PKCS#11 2.40, pkcs11t.h.
const CKF_TOKEN_INITIALIZED = 0x400;

/** A token that a URI names. */
export interface Token {
  readonly slot: Buffer;
  /** CKA_LABEL of the token, as text. */
  readonly label: string;
  /** CKF_* (PKCS#11 2.40, section 4.3). */
  readonly flags: number;
}

/** The one token that is present and fits. @throws OtaError `token-missing`, `token-failed` */
export function findToken(module: PKCS11, { uri, token }: Pkcs11Uri): Token {
  const all = attempt(uri, 'list its slots', () =>
    module
      .C_GetSlotList(true)
      .map((slot) => read(module, slot))
      .filter(({ flags }) => flags & CKF_TOKEN_INITIALIZED),
  );
  const wanted = TOKEN_ATTRIBUTES.filter((name) => token[name] !== undefined);
  const found = all.filter(({ attributes }) => wanted.every((name) => attributes[name] === token[name]));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const present = all.map(({ label, attributes }) => `${label} (serial ${attributes.serial})`).join(', ');
  throw new OtaError(
    'token-missing',
    found.length === 0 ? `no token is there that fits ${uri}` : `${uri} fits ${found.length} tokens`,
    {
      where: uri,
      hint:
        all.length === 0
          ? 'No token is plugged in, or the module does not see it.'
          : `Name it with token=LABEL or serial=NUMBER. There is ${present}.`,
    },
  );
}

function read(
  module: PKCS11,
  slot: Buffer,
): Token & { readonly attributes: Readonly<Record<TokenAttribute, string>> } {
  const info = module.C_GetTokenInfo(slot);
  const library = module.C_GetInfo();
  const place = module.C_GetSlotInfo(slot);
  const label = info.label.trimEnd();
  return {
    slot,
    label,
    flags: info.flags,
    attributes: {
      token: label,
      manufacturer: info.manufacturerID.trimEnd(),
      serial: info.serialNumber.trimEnd(),
      model: info.model.trimEnd(),
      'slot-id': String(slotNumber(slot)),
      'slot-description': place.slotDescription.trimEnd(),
      'slot-manufacturer': place.manufacturerID.trimEnd(),
      'library-description': library.libraryDescription.trimEnd(),
      'library-manufacturer': library.manufacturerID.trimEnd(),
      'library-version': `${library.libraryVersion.major}.${library.libraryVersion.minor}`,
    },
  };
}

/** CK_SLOT_ID, an unsigned long of the machine; as wide as a handle is given out. */
const slotNumber = (slot: Buffer): bigint =>
  slot.length === 8 ? slot.readBigUInt64LE() : BigInt(slot.readUInt32LE());

/** Runs calls of the module, and gives what they throw its code. */
export function attempt<T>(uri: string, doing: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof OtaError) throw cause;
    throw tokenError(cause, uri, doing);
  }
}
