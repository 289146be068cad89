import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import type { Identity, Recipient, Stanza } from 'age-encryption';
import { concatBytes, utf8 } from '../core/bytes.ts';

/*
 * The scrypt recipient of age (C2SP age.md, "scrypt recipient stanza") on the scrypt of Node, which works beside the main
 * thread and gives its memory back at once. The package's own, in JavaScript, keeps it until the next collection.
 */

const LABEL = utf8('age-encryption.org/v1/scrypt');
const SALT_BYTES = 16;
const TAG_BYTES = 16;
const FILE_KEY_BYTES = 16;
const NONCE = new Uint8Array(12);
const CIPHER = 'chacha20-poly1305';

/** What made an age file impossible to open, told apart by kind. */
export class ScryptError extends Error {
  readonly reason: 'not-passphrase' | 'too-costly' | 'passphrase-wrong';

  constructor(reason: ScryptError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** @param workFactor base-2 logarithm of N: memory is 2^workFactor KiB */
export function scryptRecipient(passphrase: string, workFactor: number): Recipient {
  return {
    wrapFileKey: async (fileKey) => {
      const salt = randomBytes(SALT_BYTES);
      const key = await wrappingKey(passphrase, salt, workFactor);
      const cipher = createCipheriv(CIPHER, key, NONCE, { authTagLength: TAG_BYTES });
      const body = concatBytes(cipher.update(fileKey), cipher.final(), cipher.getAuthTag());
      const encodedSalt = salt.toString('base64').replaceAll('=', '');
      return [{ args: ['scrypt', encodedSalt, String(workFactor)], body }];
    },
  };
}

/** Refuses before any memory is taken what would take more than 2^maxWorkFactor KiB. Throws `ScryptError` only. */
export function scryptIdentity(passphrase: string, maxWorkFactor: number): Identity {
  return {
    unwrapFileKey: async (stanzas) => {
      const { salt, workFactor, body } = readStanza(stanzas);
      if (workFactor > maxWorkFactor) {
        throw new ScryptError('too-costly', `work factor ${workFactor}, at most ${maxWorkFactor} is taken`);
      }
      const key = await wrappingKey(passphrase, salt, workFactor);
      const decipher = createDecipheriv(CIPHER, key, NONCE, { authTagLength: TAG_BYTES });
      decipher.setAuthTag(body.subarray(FILE_KEY_BYTES));
      try {
        const text = body.subarray(0, FILE_KEY_BYTES);
        return concatBytes(decipher.update(text), decipher.final());
      } catch {
        throw new ScryptError('passphrase-wrong', 'the passphrase does not open the file');
      }
    },
  };
}

function readStanza(stanzas: readonly Stanza[]) {
  const [stanza] = stanzas;
  const [type, salt = '', workFactor = ''] = stanza?.args ?? [];
  const raw = new Uint8Array(Buffer.from(salt, 'base64'));
  if (
    stanza === undefined ||
    stanzas.length !== 1 ||
    stanza.args.length !== 3 ||
    type !== 'scrypt' ||
    raw.length !== SALT_BYTES ||
    !/^[1-9]\d?$/.test(workFactor) ||
    stanza.body.length !== FILE_KEY_BYTES + TAG_BYTES
  ) {
    throw new ScryptError('not-passphrase', 'the file is not sealed with a passphrase alone');
  }
  return { salt: raw, workFactor: Number(workFactor), body: stanza.body };
}

function wrappingKey(passphrase: string, salt: Uint8Array, workFactor: number): Promise<Buffer> {
  const cost = { N: 2 ** workFactor, r: 8, p: 1, maxmem: 2 ** (workFactor + 10) + 2 ** 20 };
  return new Promise((resolve, reject) => {
    scrypt(passphrase, concatBytes(LABEL, salt), 32, cost, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
