import type { Seconds } from '../core/time.ts';
import type { PublicKey } from '../keys/public-key.ts';
import type { RoleKeys } from '../repository/model.ts';
import type { Chain } from '../requests/model.ts';

/** Who is to sign each role from now on, not yet signed by anybody. Field by field: `docs/formats/root-proposal.md`. */
export interface Proposal {
  /** When it was begun: what is signed anew lives from then. */
  readonly begun: Seconds;
  /** What it starts from, as it stands in the trust folder and the store. */
  readonly base: Chain;
  /** Every role whose keys the base names, delegated ones included. */
  readonly roles: ReadonlyMap<string, ProposedRole>;
  /** The keys of these roles, by keyid. */
  readonly keys: ReadonlyMap<string, PublicKey>;
  /** Keyids whose holders can sign no more: they are not counted on. */
  readonly lost: ReadonlySet<string>;
}

export interface ProposedRole extends RoleKeys {
  /** Where it is set by hand; else what is signed anew lives as long as its kind of role does. */
  readonly expires?: Seconds;
}

export const PROPOSAL_TYPE = 'ota-root-proposal';
/** The roots and targets roles that it starts from are in it. */
export const MAX_PROPOSAL_BYTES = 32 * 2 ** 20;
