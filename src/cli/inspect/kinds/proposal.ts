import chalk from 'chalk';
import { parseProposal } from '../../../ceremony/format.ts';
import { PROPOSAL_TYPE } from '../../../ceremony/model.ts';
import { formatTime } from '../../../core/time.ts';
import { plainKind } from '../kind.ts';
import { documentOf, hasType } from '../subject.ts';

interface FoundProposal {
  readonly begun: string;
  readonly roles: readonly {
    readonly role: string;
    readonly threshold: number;
    readonly keyids: readonly string[];
    readonly expires?: string;
  }[];
  /** Keyids whose holders can sign no more. */
  readonly lost: readonly string[];
}

/** A change of roles and keys that is being prepared. */
export const proposalKind = plainKind<FoundProposal>({
  kind: 'proposal',
  recognises: (subject) => hasType(subject, PROPOSAL_TYPE),
  read: async (subject) => {
    const { begun, roles, lost } = parseProposal(documentOf(subject).bytes, subject.path);
    return {
      begun: formatTime(begun),
      roles: [...roles].map(([role, { threshold, keyids, expires }]) => ({
        role,
        threshold,
        keyids,
        ...(expires === undefined ? {} : { expires: formatTime(expires) }),
      })),
      lost: [...lost],
    };
  },
  lines: ({ begun, roles, lost }) => [
    `${chalk.bold('A proposal')} of roles and keys, begun at ${begun}`,
    ...roles.map(
      ({ role, threshold, keyids }) =>
        `  ${role}: ${threshold} of ${keyids.length}, ${keyids.map((keyid) => keyid.slice(0, 16)).join(', ')}`,
    ),
    ...lost.map((keyid) => `  ${chalk.yellow(`lost: ${keyid.slice(0, 16)}`)}`),
    chalk.dim('  (not signed by anybody; ota root show says what it changes)'),
  ],
});
