import { readSmallFile } from '../../files/read.ts';
import { readPublicKeyFile } from '../../keys/key-file.ts';
import type { PublicKey } from '../../keys/public-key.ts';
import { parseSignerUri } from '../../keys/signers/uri.ts';
import { type OpenSignersOptions, openSigners, peekKey } from '../signers.ts';

const MAX_BYTES = 64 * 1024;

/** @throws OtaError as `readPublicKeyFile` */
export const readPublicKey = async (path: string): Promise<PublicKey> =>
  readPublicKeyFile(await readSmallFile(path, MAX_BYTES), path);

/** The public key of a `.pub` file or of any key; one that cannot be known otherwise is opened. @throws OtaError as `openSigners` */
export async function publicKeyOf(key: string, options: OpenSignersOptions): Promise<PublicKey> {
  const named = parseSignerUri(key);
  if (named.kind === 'file' && named.path.endsWith('.pub')) return readPublicKey(named.path);
  const known = await peekKey(key);
  if (known !== undefined) return known;
  const [signer] = await openSigners([key], options);
  if (signer === undefined) throw new TypeError('one key gave no signer');
  return signer.publicKey;
}
