import { Flags } from '@oclif/core';
import { encodeProposal, parseProposal } from '../../ceremony/format.ts';
import { MAX_PROPOSAL_BYTES, type Proposal } from '../../ceremony/model.ts';
import { sha256 } from '../../core/digest.ts';
import { OtaError } from '../../core/errors.ts';
import { readSmallFileIfPresent } from '../../files/read.ts';
import { writeFileAtomic } from '../../files/write.ts';
import { type CeremonyStep, logCeremony } from './log.ts';
import { changesNothing, type ProposalReport, proposalReport } from './report.ts';

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

/** Changes the proposal in a file and logs that; a change that is refused, or cannot be logged, leaves it as it was. */
export async function editProposal(
  path: string,
  edit: (proposal: Proposal) => Proposal | Promise<Proposal>,
  step: CeremonyStep,
): Promise<ProposalReport> {
  const proposal = await edit(await loadProposal(path));
  const bytes = encodeProposal(proposal);
  await logCeremony(step, sha256(bytes));
  await writeFileAtomic(path, bytes);
  return proposalReport(path, proposal);
}

/**
 * Writes a proposal that was just begun. It takes the place of one that can never be published any more, because something else was
 * since, and of one that changes nothing.
 *
 * @throws OtaError `output-exists` where there is work in the file, unless `force`
 */
export async function saveNewProposal(
  path: string,
  proposal: Proposal,
  force: boolean,
  step: CeremonyStep,
): Promise<void> {
  const there = await readSmallFileIfPresent(path, MAX_PROPOSAL_BYTES);
  const replace = force || (there !== undefined && isSpent(parseProposal(there, path), proposal));
  const bytes = encodeProposal(proposal);
  await writeFileAtomic(path, bytes, { exclusive: !replace });
  await logCeremony(step, sha256(bytes));
}

const isSpent = (old: Proposal, begun: Proposal): boolean => {
  const base = ({ base: { roots, roles } }: Proposal) =>
    [...roots.slice(-1), ...roles.values()].map(sha256).join();
  return base(old) !== base(begun) || changesNothing(old);
};
