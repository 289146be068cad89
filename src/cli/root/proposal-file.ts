import { Flags } from '@oclif/core';
import { encodeProposal, parseProposal } from '../../ceremony/format.ts';
import { MAX_PROPOSAL_BYTES, type Proposal } from '../../ceremony/model.ts';
import { OtaError } from '../../core/errors.ts';
import { readSmallFileIfPresent } from '../../files/read.ts';
import { writeFileAtomic } from '../../files/write.ts';
import { type ProposalReport, proposalReport } from './report.ts';

export const proposalFlag = {
  proposal: Flags.string({
    description: 'file of the proposal',
    helpValue: 'FILE',
    default: 'root-proposal.json',
  }),
};

const ROLE = {
  helpValue: 'ROLE',
  multiple: true,
  multipleNonGreedy: true,
} as const;

/** Which roles a change is about. */
export const rolesFlag = {
  role: Flags.string({
    ...ROLE,
    description: 'root, targets, snapshot, timestamp, a product such as gateway, or gateway.channels',
    required: true,
  }),
};

export const someRolesFlag = {
  role: Flags.string({
    ...ROLE,
    description: 'these roles only; default: every role that the old key signs for',
  }),
};

export const lostFlag = {
  lost: Flags.boolean({ description: 'its holder can sign no more: do not count on it' }),
};

/** @throws OtaError `input-missing`; as `parseProposal` */
export async function loadProposal(path: string): Promise<Proposal> {
  const bytes = await readSmallFileIfPresent(path, MAX_PROPOSAL_BYTES);
  if (bytes) return parseProposal(bytes, path);
  throw new OtaError('input-missing', `there is no proposal at ${path}`, {
    where: path,
    hint: 'Begin one with "ota root init".',
  });
}

/** Changes the proposal in a file; a change that is refused leaves it as it was. */
export async function editProposal(
  path: string,
  edit: (proposal: Proposal) => Proposal | Promise<Proposal>,
): Promise<ProposalReport> {
  const proposal = await edit(await loadProposal(path));
  await writeFileAtomic(path, encodeProposal(proposal));
  return proposalReport(path, proposal);
}

/** @throws OtaError `output-exists` unless `force` */
export async function saveNewProposal(path: string, proposal: Proposal, force: boolean): Promise<void> {
  await writeFileAtomic(path, encodeProposal(proposal), { exclusive: !force });
}
