import type { OtaError } from '../../core/errors.ts';
import type { PublicKey } from '../public-key.ts';
import type { Signer } from '../signer.ts';
import type { PinSource } from './pkcs11-uri.ts';

/** How a signer gets at the secret that opens its key. */
export interface Secrets {
  /** @param wrong what the last one that was given for this key failed with; thrown where nobody can be asked again */
  passphrase(label: string, wrong: OtaError | undefined): Promise<string>;
  /** @param note what the person should know before typing, such as `last try` */
  pin(label: string, source: PinSource | undefined, note: string | undefined): Promise<string>;
}

/** A key that can be opened to sign with, wherever it is. */
export interface KeySource {
  /** As it was named. */
  readonly uri: string;
  /** The folder of the key file, or of the public key beside it; where a key has none, `undefined`. */
  readonly folder: string | undefined;
  /** The public key, as far as it can be known without a secret. */
  peek(): Promise<PublicKey | undefined>;
  open(secrets: Secrets): Promise<Signer>;
}
