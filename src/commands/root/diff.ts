import { requestFor } from '../../ceremony/request.ts';
import { OtaCommand } from '../../cli/command.ts';
import { type RequestReport, requestReport } from '../../cli/requests/report.ts';
import { loadProposal, proposalFlag } from '../../cli/root/proposal-file.ts';
import { newKeys } from '../../cli/root/report.ts';
import { newKeyLines } from '../../cli/views/proposal.ts';
import { reviewLines } from '../../cli/views/request.ts';
import type { KeyDescription } from '../../keys/fingerprint.ts';
import { collect } from '../../requests/collect.ts';
import { reviewRequest } from '../../requests/review.ts';

export default class RootDiff extends OtaCommand<typeof RootDiff> {
  static override summary = 'Show what a proposal changes, as the holders of the keys will see it.';
  static override description =
    `Keys that come and go with their fingerprints and words, thresholds, expiries, and whose signatures each document needs. It is computed
from the documents, as "ota sign" does before it signs the request.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ];
  static override flags = { ...proposalFlag };

  async run(): Promise<RequestReport & { readonly newKeys: readonly KeyDescription[] }> {
    const { proposal: path } = this.flags;
    const proposal = await loadProposal(path);
    const review = reviewRequest(requestFor(proposal), proposal.base.roots[0], this.now());
    for (const line of await reviewLines(review, `as ${path} has it`)) this.say(line);
    const added = await newKeys(proposal);
    for (const line of newKeyLines(added)) this.say(line);
    return { ...requestReport(review, collect(review, []), false), newKeys: added };
  }
}
