import { Args } from '@oclif/core';
import { addKey } from '../../ceremony/edit.ts';
import { OtaCommand } from '../../cli/command.ts';
import { logFlag } from '../../cli/log/flag.ts';
import { newKey } from '../../cli/root/keys.ts';
import { ceremonyStep } from '../../cli/root/log.ts';
import { editProposal, proposalFlag, rolesFlag } from '../../cli/root/proposal-file.ts';
import type { ProposalReport } from '../../cli/root/report.ts';
import { changeLines } from '../../cli/views/proposal.ts';

export default class RootAddKey extends OtaCommand<typeof RootAddKey> {
  static override summary = 'Propose that one key more may sign for a role.';
  static override description = 'The threshold stays as it is; "ota root threshold" changes it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> bob.pub --role root --role targets',
    '<%= config.bin %> <%= command.id %> bob.pub --role gateway',
  ];
  static override args = {
    key: Args.string({ description: 'public key file, or URI of the key', required: true }),
  };
  static override flags = { ...rolesFlag, ...proposalFlag, ...logFlag };

  async run(): Promise<ProposalReport> {
    const { role: roles, proposal: path } = this.flags;
    const report = await editProposal(
      path,
      async (proposal) => {
        const key = await newKey(this.args.key);
        return roles.reduce((all, role) => addKey(all, role, key), proposal);
      },
      ceremonyStep('root-edit', this, this.stamp(), this.flags.log),
    );
    for (const line of changeLines(report)) this.say(line);
    return report;
  }
}
