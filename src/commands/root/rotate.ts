import { Args } from '@oclif/core';
import { markLost, replaceKey, rolesWith } from '../../ceremony/edit.ts';
import { OtaCommand } from '../../cli/command.ts';
import { logFlag } from '../../cli/log/flag.ts';
import { knownKey, newKey } from '../../cli/root/keys.ts';
import { ceremonyStep } from '../../cli/root/log.ts';
import { editProposal, lostFlag, proposalFlag, someRolesFlag } from '../../cli/root/proposal-file.ts';
import type { ProposalReport } from '../../cli/root/report.ts';
import { changeLines } from '../../cli/views/proposal.ts';

export default class RootRotate extends OtaCommand<typeof RootRotate> {
  static override summary = 'Propose one key in the place of another.';
  static override description =
    `In every role that the old key signs for, or in those named with --role. Thresholds stay. Run it once for each key to
change all of them; one request and one publication carry out all changes together.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> 55ed8b1af02d082a new.pub',
    '<%= config.bin %> <%= command.id %> online.pub night.pub --role snapshot --role timestamp',
    '<%= config.bin %> <%= command.id %> bob.pub bob-2.pub --lost',
  ];
  static override args = {
    old: Args.string({
      description: 'first 8 or more digits of the keyid, or a public key file',
      required: true,
    }),
    new: Args.string({ description: 'public key file, or URI of the key', required: true }),
  };
  static override flags = { ...someRolesFlag, ...lostFlag, ...proposalFlag, ...logFlag };

  async run(): Promise<ProposalReport> {
    const { role: named, lost, proposal: path } = this.flags;
    const report = await editProposal(
      path,
      async (proposal) => {
        const keyid = await knownKey(proposal, this.args.old);
        const key = await newKey(this.args.new);
        const roles = named ?? rolesWith(proposal, keyid);
        // A key that is named by its file may be none of the proposal's.
        if (roles.length === 0) return replaceKey(proposal, 'root', keyid, key);
        const next = roles.reduce((all, role) => replaceKey(all, role, keyid, key), proposal);
        return lost ? markLost(next, keyid) : next;
      },
      ceremonyStep('root-edit', this, this.stamp(), this.flags.log),
    );
    for (const line of changeLines(report)) this.say(line);
    return report;
  }
}
