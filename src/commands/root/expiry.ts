import { Args } from '@oclif/core';
import { setExpiry } from '../../ceremony/edit.ts';
import { OtaCommand } from '../../cli/command.ts';
import { logFlag } from '../../cli/log/flag.ts';
import { ceremonyStep } from '../../cli/root/log.ts';
import { editProposal, proposalFlag, rolesFlag } from '../../cli/root/proposal-file.ts';
import type { ProposalReport } from '../../cli/root/report.ts';
import { changeLines } from '../../cli/views/proposal.ts';
import { parseWhen } from '../../cli/when.ts';

export default class RootExpiry extends OtaCommand<typeof RootExpiry> {
  static override summary = 'Propose when a role expires, and so that it be signed anew.';
  static override description =
    `For root, targets and products. What is signed anew for another reason lives as long as is usual (docs/formats/repository.md)
unless it is said here. Snapshot, timestamp and channels are renewed by publishing.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> 730d --role root --role targets',
    '<%= config.bin %> <%= command.id %> 2027-12-31 --role gateway',
  ];
  static override args = {
    when: Args.string({ description: 'a date, a time, or days from now as in 730d', required: true }),
  };
  static override flags = { ...rolesFlag, ...proposalFlag, ...logFlag };

  async run(): Promise<ProposalReport> {
    const { role: roles, proposal: path } = this.flags;
    const now = this.now();
    const expires = parseWhen(this.args.when, now);
    const report = await editProposal(
      path,
      (proposal) => roles.reduce((all, role) => setExpiry(all, role, expires, now), proposal),
      ceremonyStep('root-edit', this, this.stamp(), this.flags.log),
    );
    for (const line of changeLines(report)) this.say(line);
    return report;
  }
}
