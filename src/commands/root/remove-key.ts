import { Args } from '@oclif/core';
import { markLost, removeKey } from '../../ceremony/edit.ts';
import { OtaCommand } from '../../cli/command.ts';
import { logFlag } from '../../cli/log/flag.ts';
import { knownKey } from '../../cli/root/keys.ts';
import { ceremonyStep } from '../../cli/root/log.ts';
import { editProposal, lostFlag, proposalFlag, rolesFlag } from '../../cli/root/proposal-file.ts';
import type { ProposalReport } from '../../cli/root/report.ts';
import { changeLines } from '../../cli/views/proposal.ts';

export default class RootRemoveKey extends OtaCommand<typeof RootRemoveKey> {
  static override summary = 'Propose that a key sign for a role no more.';
  static override description =
    `A root key that is removed may still have to sign the new root, since the old threshold counts as well. With --lost it is
not counted on, and what cannot be signed without it is refused.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> 55ed8b1af02d082a --role root',
    '<%= config.bin %> <%= command.id %> bob.pub --role root --role targets --lost',
  ];
  static override args = {
    key: Args.string({
      description: 'first 8 or more digits of the keyid, or a public key file',
      required: true,
    }),
  };
  static override flags = { ...rolesFlag, ...lostFlag, ...proposalFlag, ...logFlag };

  async run(): Promise<ProposalReport> {
    const { role: roles, lost, proposal: path } = this.flags;
    const report = await editProposal(
      path,
      async (proposal) => {
        const keyid = await knownKey(proposal, this.args.key);
        const next = roles.reduce((all, role) => removeKey(all, role, keyid), proposal);
        return lost ? markLost(next, keyid) : next;
      },
      ceremonyStep('root-edit', this, this.stamp(), this.flags.log),
    );
    for (const line of changeLines(report)) this.say(line);
    return report;
  }
}
