import type { Seconds } from '../core/time.ts';
import type { Chain } from '../requests/model.ts';
import { readBase } from './base.ts';
import type { Proposal, ProposedRole } from './model.ts';

/** A proposal that changes nothing yet. @throws OtaError as `readBase` */
export function beginProposal(base: Chain, now: Seconds): Proposal {
  const { roleKeys, keys } = readBase(base);
  return withUsedKeys({ begun: now, base, roles: roleKeys, keys, lost: new Set() }, keys);
}

/** The proposal with the keys that its roles name and no others. */
export function withUsedKeys(proposal: Proposal, known: Proposal['keys']): Proposal {
  const used = new Set([...proposal.roles.values()].flatMap(({ keyids }: ProposedRole) => keyids));
  return { ...proposal, keys: new Map([...known].filter(([keyid]) => used.has(keyid))) };
}
