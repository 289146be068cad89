import { documentsOf } from '../../ceremony/documents.ts';
import type { Proposal } from '../../ceremony/model.ts';
import { OtaError } from '../../core/errors.ts';
import { byCodePoint } from '../../core/json/canonical.ts';
import { formatTime } from '../../core/time.ts';
import { fingerprint } from '../../keys/fingerprint.ts';
import { TOP_ROLES } from '../../repository/model.ts';

/** Who is to sign what, by a proposal. */
export interface ProposalReport {
  readonly path: string;
  readonly roles: readonly ReportedRole[];
  /** Keyids that are not counted on. */
  readonly lost: readonly string[];
  /** The roles that have to be signed to carry it out; none where it changes nothing yet. */
  readonly toSign: readonly string[];
}

export interface ReportedRole {
  readonly role: string;
  readonly threshold: number;
  readonly keys: readonly { readonly keyid: string; readonly fingerprint: string }[];
  /** Where it was set by hand. */
  readonly expires?: string;
}

export function proposalReport(path: string, proposal: Proposal): ProposalReport {
  return {
    path,
    roles: inOrder(proposal.roles).map(([role, { keyids, threshold, expires }]) => ({
      role,
      threshold,
      keys: keyids.flatMap((keyid) => {
        const key = proposal.keys.get(keyid);
        return key ? [{ keyid, fingerprint: fingerprint(key) }] : [];
      }),
      ...(expires === undefined ? {} : { expires: formatTime(expires) }),
    })),
    lost: [...proposal.lost],
    toSign: rolesToSign(proposal),
  };
}

/** Top-level roles as TUF lists them, then delegated ones by name. */
const inOrder = (roles: Proposal['roles']) =>
  [...roles].sort(([a], [b]) => rank(a) - rank(b) || byCodePoint(a, b));
const rank = (name: string): number => (TOP_ROLES as readonly string[]).indexOf(name) >>> 0;

function rolesToSign(proposal: Proposal): readonly string[] {
  try {
    return documentsOf(proposal).map(({ role }) => role);
  } catch (error) {
    if (error instanceof OtaError && error.code === 'proposal-empty') return [];
    throw error;
  }
}
