import { OtaCommand } from '../../cli/command.ts';
import { loadProposal, proposalFlag } from '../../cli/root/proposal-file.ts';
import { type ProposalReport, proposalReport } from '../../cli/root/report.ts';
import { proposalLines } from '../../cli/views/proposal.ts';

export default class RootShow extends OtaCommand<typeof RootShow> {
  static override summary = 'Show who signs what by a proposal.';
  static override description =
    'Every role with its keys, their fingerprints and its threshold, as they would be.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];
  static override flags = { ...proposalFlag };

  async run(): Promise<ProposalReport> {
    const { proposal: path } = this.flags;
    const report = await proposalReport(path, await loadProposal(path));
    for (const line of proposalLines(report)) this.say(line);
    return report;
  }
}
