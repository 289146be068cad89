import { OtaError } from '../core/errors.ts';
import { Cursor } from '../core/json/cursor.ts';
import { parseJson } from '../core/json/parse.ts';
import { printJson } from '../core/json/print.ts';
import { signerFromSeed } from './ed25519.ts';
import { decodePkcs8, encodePkcs8 } from './pkcs8.ts';
import { type PublicKey, tufKey } from './public-key.ts';
import { ScryptError, scryptIdentity, scryptRecipient } from './scrypt.ts';
import type { Signer } from './signer.ts';
import { publicKeyFromTuf } from './tuf-key.ts';

/**
 * Base-2 logarithm of the scrypt cost of a key file: memory is 2^N KiB. Of a key that stays away from machines that publish 18, what
 * the age tool writes: 256 MiB, about 0.8 s for each guess. Of one that a publish opens 17, half of that.
 * Why: `docs/decisions/0015-work-factors.md`.
 */
export const WORK_FACTOR = { offline: 18, online: 17 } as const;

/** Where a key is going to be used. */
export type KeyUse = keyof typeof WORK_FACTOR;

/** The most that is taken from a file to be opened. */
const MAX_WORK_FACTOR = WORK_FACTOR.offline;

/**
 * Seals a private key: PKCS#8 PEM inside an age file for a passphrase, so that `age -d FILE | openssl pkey` reads it.
 *
 * @param seed 32 bytes
 * @throws OtaError `key-invalid` for another length
 */
export async function sealKey(
  seed: Uint8Array,
  passphrase: string,
  workFactor: number = WORK_FACTOR.offline,
): Promise<Uint8Array> {
  const pem = encodePkcs8(seed);
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  encrypter.addRecipient(scryptRecipient(passphrase, workFactor));
  return encrypter.encrypt(pem);
}

/**
 * Opens what `sealKey` or `age -p` has sealed.
 *
 * @throws OtaError `passphrase-wrong`, `key-invalid`
 */
export const openKey = async (bytes: Uint8Array, passphrase: string, where: string): Promise<Signer> =>
  signerFromSeed(await openSeed(bytes, passphrase, where));

/** As `openKey`, the private key itself, 32 bytes. */
export async function openSeed(bytes: Uint8Array, passphrase: string, where: string): Promise<Uint8Array> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  decrypter.addIdentity(scryptIdentity(passphrase, MAX_WORK_FACTOR));
  let pem: Uint8Array;
  try {
    pem = await decrypter.decrypt(bytes);
  } catch (cause) {
    throw openFault(cause, where);
  }
  return decodePkcs8(pem, where);
}

function openFault(cause: unknown, where: string): OtaError {
  const reason = cause instanceof ScryptError ? cause.reason : 'damaged';
  if (reason === 'passphrase-wrong') {
    return new OtaError('passphrase-wrong', `the passphrase does not open ${where}`, {
      where,
      cause,
      hint: 'Check the keyboard layout and that it is the passphrase of this key, then try again.',
    });
  }
  const message = {
    'not-passphrase': `${where} is not sealed with a passphrase alone`,
    'too-costly': `${where} asks for more memory than a key file may`,
    damaged: `${where} is no age file, or it is damaged`,
  }[reason];
  return new OtaError('key-invalid', message, {
    where,
    cause,
    hint: 'Take the key file from its backup.',
  });
}

/** The content of a `.pub` file: the TUF key object. */
export const writePublicKeyFile = (key: PublicKey): Uint8Array => printJson(tufKey(key.raw));

/** @throws OtaError `json-invalid`, `shape-invalid`; `key-invalid`, also for a private key */
export function readPublicKeyFile(bytes: Uint8Array, where: string): PublicKey {
  if (PRIVATE_KEY.test(Buffer.from(bytes.subarray(0, 64)).toString('latin1'))) {
    throw new OtaError('key-invalid', `${where} is a private key, not a public one`, {
      where,
      hint: where.endsWith(SEALED_ENDING)
        ? `Name its public key: ${where.slice(0, -SEALED_ENDING.length)}.pub.`
        : 'Name its public key, the .pub file beside it.',
    });
  }
  return publicKeyFromTuf(new Cursor(parseJson(bytes, where), where));
}

const SEALED_ENDING = '.key.age';
/** How a file sealed by age starts, as it is or in armor, and a key in PEM that nobody sealed. */
const PRIVATE_KEY = /^(?:age-encryption\.org\/|-----BEGIN (?:AGE ENCRYPTED FILE|[A-Z ]*PRIVATE KEY)-----)/;
