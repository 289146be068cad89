import type { Proposal } from '../../ceremony/model.ts';
import { OtaError } from '../../core/errors.ts';
import { readSmallFile } from '../../files/read.ts';
import { readPublicKeyFile } from '../../keys/key-file.ts';
import type { PublicKey } from '../../keys/public-key.ts';

const KEYID_START = /^[0-9a-f]{8,64}$/;

/** A public key that comes into a proposal. @throws OtaError `input-missing`, `key-invalid`, `json-invalid`, `shape-invalid` */
export const newKey = async (path: string): Promise<PublicKey> =>
  readPublicKeyFile(await readSmallFile(path), path);

/**
 * A key that a proposal has: by the first 8 or more digits of its keyid, or by its file.
 *
 * @returns the keyid
 * @throws OtaError `key-missing` where no key, or more than one, begins so; as `newKey`
 */
export async function knownKey(proposal: Proposal, text: string): Promise<string> {
  if (!KEYID_START.test(text)) return (await newKey(text)).keyid;
  const found = [...proposal.keys.keys()].filter((keyid) => keyid.startsWith(text));
  const [keyid] = found;
  if (keyid !== undefined && found.length === 1) return keyid;
  throw new OtaError(
    'key-missing',
    found.length === 0
      ? `no key of the proposal begins with ${text}`
      : `more than one key begins with ${text}`,
    {
      where: text,
      hint: `Its keys are ${[...proposal.keys.keys()].map((item) => item.slice(0, 16)).join(', ')}.`,
    },
  );
}
