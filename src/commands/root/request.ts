import { Flags } from '@oclif/core';
import { requestFor } from '../../ceremony/request.ts';
import { OtaCommand } from '../../cli/command.ts';
import { logFlag } from '../../cli/log/flag.ts';
import { ceremonyStep, logCeremony } from '../../cli/root/log.ts';
import { loadProposal, proposalFlag } from '../../cli/root/proposal-file.ts';
import { type RequestReport, requestLines } from '../../cli/views/proposal.ts';
import { writeFileAtomic } from '../../files/write.ts';

export default class RootRequest extends OtaCommand<typeof RootRequest> {
  static override summary = 'Make of a proposal what the holders of the keys sign.';
  static override description =
    `The request is one file with the exact documents to be signed and the chain that they follow. Carry it to each of them;
"ota sign" shows them what it changes and gives a response.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -o /media/stick/renewal.request',
  ];
  static override flags = {
    ...proposalFlag,
    output: Flags.string({
      char: 'o',
      description: 'the request',
      helpValue: 'FILE',
      default: 'root.request',
    }),
    force: Flags.boolean({ description: 'replace a request that is there' }),
    ...logFlag,
  };

  async run(): Promise<RequestReport> {
    const { proposal, output, force, log } = this.flags;
    const { sealed, documents } = requestFor(await loadProposal(proposal));
    await writeFileAtomic(output, sealed.bytes, { exclusive: !force });
    await logCeremony(ceremonyStep('root-request', this, this.stamp(), log), sealed.sha256);
    const report = {
      path: output,
      sha256: sealed.sha256,
      toSign: documents.flatMap((item) => (item.type === 'role' ? [item.role] : [])),
    };
    for (const line of requestLines(report)) this.say(line);
    return report;
  }
}
