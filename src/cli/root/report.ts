import { readBase } from '../../ceremony/base.ts';
import { documentsOf } from '../../ceremony/documents.ts';
import type { Proposal } from '../../ceremony/model.ts';
import { OtaError } from '../../core/errors.ts';
import { byCodePoint } from '../../core/json/canonical.ts';
import { formatTime } from '../../core/time.ts';
import { describeKey, type KeyDescription } from '../../keys/fingerprint.ts';
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
  readonly keys: readonly KeyDescription[];
  /** Where it was set by hand. */
  readonly expires?: string;
}

export async function proposalReport(path: string, proposal: Proposal): Promise<ProposalReport> {
  const described = new Map<string, KeyDescription>();
  for (const [keyid, key] of proposal.keys) described.set(keyid, await describeKey(key));
  return {
    path,
    roles: inOrder(proposal.roles).map(([role, { keyids, threshold, expires }]) => ({
      role,
      threshold,
      keys: keyids.flatMap((keyid) => described.get(keyid) ?? []),
      ...(expires === undefined ? {} : { expires: formatTime(expires) }),
    })),
    lost: [...proposal.lost],
    toSign: rolesToSign(proposal),
  };
}

/** The keys that a proposal brings in, to be compared with their holders. */
export async function newKeys(proposal: Proposal): Promise<readonly KeyDescription[]> {
  const { keys } = readBase(proposal.base);
  const added = [...proposal.keys.values()].filter(({ keyid }) => !keys.has(keyid));
  return Promise.all(added.map(describeKey));
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

export const changesNothing = (proposal: Proposal): boolean => rolesToSign(proposal).length === 0;
