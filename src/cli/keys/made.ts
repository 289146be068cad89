import { makeFolder } from '../../files/write.ts';
import { refuseDemoKey } from '../../keys/demo.ts';
import { signerFromSeed } from '../../keys/ed25519.ts';
import { describeKey, type KeyDescription } from '../../keys/fingerprint.ts';
import type { KeyUse } from '../../keys/key-file.ts';
import { createKeyFiles } from '../../keys/locker.ts';
import type { LogStamp } from '../../keys/log/entry.ts';
import { appendLog, logPath } from '../log/append.ts';

/** A key that now is in a file of ours. */
export interface MadeKey extends KeyDescription {
  readonly key: string;
  readonly publicKey: string;
}

/**
 * Seals a private key into `NAME.key.age` with `NAME.pub` beside it, and logs it.
 *
 * @param step `key-generate` or `key-import`
 * @throws OtaError `key-demo`; as `createKeyFiles` and `appendLog`
 */
export async function makeKey(options: {
  readonly step: 'key-generate' | 'key-import';
  readonly folder: string;
  readonly name: string;
  readonly seed: Uint8Array;
  readonly passphrase: string;
  readonly use: KeyUse;
  readonly stamp: LogStamp;
}): Promise<MadeKey> {
  const { step, folder, name, seed, passphrase, use, stamp } = options;
  refuseDemoKey(signerFromSeed(seed).publicKey.keyid, name);
  await makeFolder(folder, 0o700);
  const { publicKey, keyPath, publicKeyPath } = await createKeyFiles(folder, name, seed, passphrase, use);
  const { keyid } = publicKey;
  await appendLog(logPath(folder), { step, what: name, key: keyPath, keyid }, stamp);
  return { key: keyPath, publicKey: publicKeyPath, ...(await describeKey(publicKey)) };
}
