import { OtaError } from '../../core/errors.ts';

/** Return values of PKCS#11 2.40 (`pkcs11t.h`) that mean something to a person. */
export const CKR = {
  DEVICE_REMOVED: 0x32,
  MECHANISM_INVALID: 0x70,
  PIN_INCORRECT: 0xa0,
  PIN_INVALID: 0xa1,
  PIN_LEN_RANGE: 0xa2,
  PIN_EXPIRED: 0xa3,
  PIN_LOCKED: 0xa4,
  TOKEN_NOT_PRESENT: 0xe0,
  USER_ALREADY_LOGGED_IN: 0x100,
  USER_PIN_NOT_INITIALIZED: 0x102,
  CRYPTOKI_ALREADY_INITIALIZED: 0x191,
} as const;

/** The CKR value of what pkcs11js throws, or `undefined`. */
export function returnValue(cause: unknown): number | undefined {
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'number' ? code : undefined;
}

/** Gives what a token refused its code. @param uri of the key */
export function tokenError(cause: unknown, uri: string, doing: string): OtaError {
  const details = { where: uri, cause };
  switch (returnValue(cause)) {
    case CKR.PIN_INCORRECT:
    case CKR.PIN_INVALID:
    case CKR.PIN_LEN_RANGE:
      return new OtaError('pin-wrong', 'the token does not take this PIN', {
        ...details,
        hint: 'Check the PIN before you try again: after a few wrong ones the token locks itself.',
      });
    case CKR.PIN_LOCKED:
      return new OtaError('pin-locked', 'the token is locked after too many wrong PINs', {
        ...details,
        hint: "Unlock it with its security officer's PIN, by the tool of its maker.",
      });
    case CKR.PIN_EXPIRED:
    case CKR.USER_PIN_NOT_INITIALIZED:
      return new OtaError('token-failed', "the token's PIN is not set, or has expired", {
        ...details,
        hint: 'Set a PIN with the tool of its maker, or "pkcs11-tool --init-pin".',
      });
    case CKR.TOKEN_NOT_PRESENT:
    case CKR.DEVICE_REMOVED:
      return new OtaError('token-missing', 'the token was removed', {
        ...details,
        hint: 'Plug it in and run the same command again.',
      });
    case CKR.MECHANISM_INVALID:
      return new OtaError('token-failed', 'the token cannot sign with Ed25519 (CKM_EDDSA)', {
        ...details,
        hint: 'Use a token that can, or a key of another kind.',
      });
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return new OtaError('token-failed', `the token does not ${doing}: ${message}`, {
    ...details,
    hint: 'Run "pkcs11-tool --module FILE --list-objects" to see what it holds. Nothing was signed.',
  });
}
