import { Flags } from '@oclif/core';
import { OtaCommand } from '../../cli/command.ts';
import { logFlag } from '../../cli/log/flag.ts';
import { projectStore, proposalFromNow } from '../../cli/root/begin.ts';
import { ceremonyStep } from '../../cli/root/log.ts';
import { proposalFlag, saveNewProposal } from '../../cli/root/proposal-file.ts';
import { type ProposalReport, proposalReport } from '../../cli/root/report.ts';
import { loadSettings } from '../../cli/settings.ts';
import { storeFlags, storeOptions } from '../../cli/store-flags.ts';
import { trustFlag } from '../../cli/trust-flag.ts';
import { doubtLines, proposalLines } from '../../cli/views/proposal.ts';

export default class RootInit extends OtaCommand<typeof RootInit> {
  static override summary = 'Begin a change of keys: write a proposal that changes nothing yet.';
  static override description =
    `The proposal holds who signs which role now, by the trust folder and the store, verified. The other ota root commands
change it; "ota root request" makes of it what the holders of the keys sign.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --store s3://updates/gateway --proposal renewal.json',
  ];
  static override flags = {
    ...proposalFlag,
    ...storeFlags,
    ...trustFlag,
    force: Flags.boolean({ description: 'replace a proposal that has changes' }),
    ...logFlag,
  };

  async run(): Promise<
    ProposalReport & { readonly doubt?: { readonly code: string; readonly message: string } }
  > {
    const { proposal: path, force, store, trust, log } = this.flags;
    const settings = await loadSettings();
    const { proposal, doubt } = await proposalFromNow({
      trust: trust ?? settings.trust,
      store: await projectStore(store, settings.store, storeOptions(this.flags)),
      now: this.now(),
    });
    await saveNewProposal(path, proposal, force, ceremonyStep('root-init', this, this.stamp(), log));
    const report = await proposalReport(path, proposal);
    if (doubt) for (const line of doubtLines(doubt)) this.note(line);
    for (const line of proposalLines(report)) this.say(line);
    return { ...report, ...(doubt ? { doubt: { code: doubt.code, message: doubt.message } } : {}) };
  }
}
