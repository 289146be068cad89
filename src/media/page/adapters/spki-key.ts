import type { Cursor } from '../../../core/json/cursor.ts';
import type { KnownKey } from '../../../keys/spki-key.ts';

/**
 * `keys/spki-key.ts` where there is no `node:crypto`: keys other than Ed25519, which only other tools' repositories have, are
 * read and never count towards a threshold, so that a role of theirs is refused and never taken unseen.
 */
const uncounted = (at: Cursor): KnownKey => ({ identity: `uncounted:${at.string()}`, verify: () => false });

export const ecdsaKey = uncounted;
export const rsaKey = uncounted;
