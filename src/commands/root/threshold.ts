import { Args } from '@oclif/core';
import { setThreshold } from '../../ceremony/edit.ts';
import { OtaCommand } from '../../cli/command.ts';
import { logFlag } from '../../cli/log/flag.ts';
import { ceremonyStep } from '../../cli/root/log.ts';
import { editProposal, proposalFlag, rolesFlag } from '../../cli/root/proposal-file.ts';
import type { ProposalReport } from '../../cli/root/report.ts';
import { changeLines } from '../../cli/views/proposal.ts';

export default class RootThreshold extends OtaCommand<typeof RootThreshold> {
  static override summary = "Propose how many of a role's keys have to sign.";
  static override description =
    'Add the keys first. A threshold of all keys leaves no room for a lost one: 2 of 3 and 3 of 5 do.';
  static override examples = ['<%= config.bin %> <%= command.id %> 2 --role root --role targets'];
  static override args = {
    threshold: Args.integer({ description: 'how many signatures are needed', required: true, min: 1 }),
  };
  static override flags = { ...rolesFlag, ...proposalFlag, ...logFlag };

  async run(): Promise<ProposalReport> {
    const { role: roles, proposal: path } = this.flags;
    const { threshold } = this.args;
    const report = await editProposal(
      path,
      (proposal) => roles.reduce((all, role) => setThreshold(all, role, threshold), proposal),
      ceremonyStep('root-edit', this, this.stamp(), this.flags.log),
    );
    for (const line of changeLines(report)) this.say(line);
    return report;
  }
}
