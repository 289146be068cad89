import { randomBytes } from 'node:crypto';
import { concatBytes, utf8 } from '../../core/bytes.ts';
import type { Signer } from '../../keys/signer.ts';

/** What no document starts with: a role is JSON, and a manifest is signed behind `DSSEv1`. */
const PREFIX = utf8('ota keys show --prove\n');

/** Has a key sign something that means nothing, so that it is known to work before it is relied on. */
export const proveKey = (signer: Signer): Promise<Uint8Array> =>
  signer.sign(concatBytes(PREFIX, randomBytes(32)), { what: 'proof that the key works' });
