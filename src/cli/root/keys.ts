import type { Proposal } from '../../ceremony/model.ts';
import { OtaError } from '../../core/errors.ts';
import { readSmallFile } from '../../files/read.ts';
import { readPublicKeyFile } from '../../keys/key-file.ts';
import type { PublicKey } from '../../keys/public-key.ts';
import { type KeyName, peekKey } from '../signers.ts';

const ELSEWHERE = /^(?:pkcs11|ssh-agent|exec):/;
const KEYID_START = /^[0-9a-f]{8,64}$/;

/**
 * A public key that comes into a proposal: by its `.pub` file, or where the key is (`pkcs11:`, `ssh-agent:`, `exec:`).
 *
 * @throws OtaError `input-missing`, `key-invalid`, `json-invalid`, `shape-invalid`; `key-missing` where nothing tells the public key
 */
export async function newKey(text: string): Promise<PublicKey> {
  if (!ELSEWHERE.test(text)) return readPublicKeyFile(await readSmallFile(text), text);
  const key = await peekKey(text);
  if (key) return key;
  throw new OtaError('key-missing', `the public key of ${text} cannot be told without opening it`, {
    where: text,
    hint: 'Name its .pub file instead.',
  });
}

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

/**
 * Of keys, those that are asked for, as far as that can be known without a secret; one of which it cannot is kept, and judged when it
 * is opened.
 *
 * @throws OtaError `key-missing` when none is
 */
export async function keysAmong(
  names: readonly KeyName[],
  keyids: ReadonlySet<string>,
): Promise<readonly KeyName[]> {
  const kept: KeyName[] = [];
  for (const name of names) {
    const key = await peekKey(name);
    if (!key || keyids.has(key.keyid)) kept.push(name);
  }
  if (kept.length > 0) return kept;
  throw new OtaError('key-missing', 'none of the keys signs snapshot and timestamp by the new root', {
    hint: `Name one of these with --key: ${[...keyids].map((keyid) => keyid.slice(0, 16)).join(', ')}. Nothing was written.`,
  });
}
