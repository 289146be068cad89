import { sha256 } from '../../core/digest.ts';
import type { LogStamp } from '../../keys/log/entry.ts';
import type { Signer } from '../../keys/signer.ts';
import { appendLog } from './append.ts';

/**
 * A signer that gives out no signature that is not in the log.
 *
 * @param key as it was named
 * @param path of the log
 * @throws OtaError from `sign`, as `appendLog`
 */
export const loggedSigner = (signer: Signer, key: string, path: string, stamp: () => LogStamp): Signer => ({
  publicKey: signer.publicKey,
  sign: async (message, subject) => {
    const signature = await signer.sign(message, subject);
    const step = {
      step: 'sign',
      what: subject?.what ?? 'bytes',
      key,
      keyid: signer.publicKey.keyid,
      sha256: subject?.sha256 ?? sha256(message),
    };
    await appendLog(path, step, stamp());
    return signature;
  },
});
