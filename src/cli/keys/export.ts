import { basename, dirname } from 'node:path';
import { writeFileAtomic } from '../../files/write.ts';
import { signerFromSeed } from '../../keys/ed25519.ts';
import { describeKey, type KeyDescription } from '../../keys/fingerprint.ts';
import { writePublicKeyFile } from '../../keys/key-file.ts';
import { unlockSeed } from '../../keys/locker.ts';
import { encodePkcs8, encodeSpki } from '../../keys/pkcs8.ts';
import type { PublicKey } from '../../keys/public-key.ts';
import { appendLog, logPath } from '../log/append.ts';
import type { SigningLog } from '../signers.ts';

export interface ExportedKey extends KeyDescription {
  readonly output: string;
  readonly private: boolean;
}

/** Writes a public key: a `.pub` file, or PEM. @throws OtaError `output-exists`, `output-failed` */
export async function exportPublicKey(key: PublicKey, output: string, pem: boolean): Promise<ExportedKey> {
  const bytes = pem ? encodeSpki(key.raw) : writePublicKeyFile(key);
  await writeFileAtomic(output, bytes, { exclusive: true });
  return { output, private: false, ...(await describeKey(key)) };
}

/**
 * Writes a private key that nothing seals, as PKCS#8 in PEM, mode 0600. It is in the log before it is in the file.
 *
 * @throws OtaError `output-exists`, `output-failed`; as `unlockSeed`, `appendLog`
 */
export async function exportPrivateKey(options: {
  readonly path: string;
  readonly passphrase: string;
  readonly output: string;
  readonly log: SigningLog;
}): Promise<ExportedKey> {
  const { path, passphrase, output, log } = options;
  const seed = await unlockSeed(path, passphrase);
  const { publicKey } = signerFromSeed(seed);
  const step = { step: 'key-export', what: `${basename(path)}, unsealed, to ${output}`, key: path };
  await appendLog(log.path ?? logPath(dirname(path)), { ...step, keyid: publicKey.keyid }, log.stamp());
  await writeFileAtomic(output, encodePkcs8(seed), { exclusive: true, mode: 0o600 });
  return { output, private: true, ...(await describeKey(publicKey)) };
}
