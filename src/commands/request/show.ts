import { Args, Flags } from '@oclif/core';
import { OtaCommand } from '../../cli/command.ts';
import { anchorOf } from '../../cli/requests/anchor.ts';
import { readRequest, readResponses } from '../../cli/requests/read.ts';
import { type RequestReport, requestReport } from '../../cli/requests/report.ts';
import { loadSettings } from '../../cli/settings.ts';
import { trustFlag } from '../../cli/trust-flag.ts';
import { collectedLines, reviewLines } from '../../cli/views/request.ts';
import { collect } from '../../requests/collect.ts';
import { reviewRequest } from '../../requests/review.ts';

export default class RequestShow extends OtaCommand<typeof RequestShow> {
  static override summary = 'Show what a signing request changes, who has signed it and who is missing.';
  static override description =
    `Shows the same as ota sign does before it signs, on any machine and without a key. With responses it says whose signatures are
there. The chain is followed from --root, else from the trust folder; without either from the request's own first root, which proves
nothing about where it comes from.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> gateway-2.4.0.request',
    '<%= config.bin %> <%= command.id %> gateway-2.4.0.request ada.response ben.response --json',
  ];
  static override args = {
    request: Args.string({ description: 'the request', required: true }),
    responses: Args.string({ description: 'responses to it; - reads one from stdin', multiple: true }),
  };
  static override flags = {
    root: Flags.string({ description: 'root to follow the chain from', helpValue: 'FILE' }),
    ...trustFlag,
  };

  async run(): Promise<RequestReport> {
    const { root, trust } = this.flags;
    const request = await readRequest(this.args.request);
    const anchor = await anchorOf(request, root, trust ?? (await loadSettings()).trust);
    const review = reviewRequest(request, anchor.bytes, this.now());
    const collected = collect(review, await readResponses(this.args.responses ?? []));
    for (const line of [...(await reviewLines(review, anchor.held)), ...collectedLines(collected)])
      this.say(line);
    return requestReport(review, collected, anchor.trusted);
  }
}
