import chalk from 'chalk';
import { printable } from '../../core/printable.ts';
import { formatSize } from '../../core/sizes.ts';
import { describeKey, type KeyDescription } from '../../keys/fingerprint.ts';
import type { Change, ChangeKind } from '../../requests/change.ts';
import type { Collected } from '../../requests/collect.ts';
import type { Quorum } from '../../requests/quorum.ts';
import type { ReviewedRelease } from '../../requests/release.ts';
import type { Review, ReviewedDocument } from '../../requests/review.ts';
import type { SignedRequest } from '../requests/sign.ts';
import { componentTable } from './bundle.ts';

/** What a change is called; those of versions and keys read as a sentence with what they are about. */
const WORDS: Readonly<Record<ChangeKind, string>> = {
  'role-first': 'first version',
  'role-added': 'delegates to',
  'role-removed': 'delegates no longer to',
  'role-order': 'order of delegations',
  'role-kept': 'stays as it is:',
  version: 'version',
  'signed-before': 'you signed before:',
  expires: 'expires',
  threshold: 'signatures needed for',
  'key-added': 'new key for',
  'key-removed': 'key taken from',
  paths: 'paths of',
  terminating: 'ends the search:',
  'release-added': 'new release',
  'release-removed': 'release leaves the list:',
  'release-returned': 'release returns:',
  'hardware-added': 'new hardware',
  'hardware-removed': 'hardware left out:',
  'component-added': 'new component',
  'component-removed': 'component left out:',
  'component-version': 'version of',
  counter: 'security counter of',
  'delta-added': 'new delta',
  'file-added': 'new file',
  'file-removed': 'file left out:',
  'file-changed': 'file changed:',
  channel: 'channel',
  archive: 'archive',
  recall: 'RECALLED',
  'media-profile': 'media:',
};
/** Said of the role that stands above them. */
const OF_THE_ROLE: readonly ChangeKind[] = ['role-first', 'version', 'expires', 'media-profile'];

/** A request for a person who is about to sign it: everything that it changes, and again what must not be missed. */
export async function reviewLines(review: Review, held: string): Promise<string[]> {
  const keys = await describeKeys(review);
  const root = review.root;
  const all = [
    ...review.documents.flatMap(({ name, changes }) => changes.map((change) => ({ name, change }))),
    ...review.changes.map((change) => ({ name: 'what stays', change })),
  ];
  const marked = all.filter(({ change }) => change.warning !== undefined);
  return [
    `${chalk.bold(review.title)}: a request to sign ${count(review.documents.length, 'document')}`,
    `  request      ${groups(review.request)}`,
    root === undefined
      ? `  follows      nothing: ${chalk.yellow('this is the first root')}`
      : `  follows      root ${root.version}, ${held}`,
    ...(root === undefined ? [] : [`               ${groups(root.sha256)}`]),
    ...(review.channel === undefined
      ? []
      : [`  afterwards   the publisher points channel ${review.channel} at it`]),
    ...review.documents.flatMap((document) => ['', ...documentLines(document, keys)]),
    ...(review.changes.length === 0 ? [] : ['', ...review.changes.map(changeLine)]),
    ...(marked.length === 0
      ? []
      : [
          '',
          chalk.yellow.bold(`Do not miss (${marked.length}):`),
          ...marked.map(
            ({ name, change }) => `  ${chalk.yellow('!')} ${printable(name)}: ${sentence(change)}`,
          ),
        ]),
  ];
}

function documentLines({ name, changes, quorums, release }: ReviewedDocument, keys: Described): string[] {
  return [
    chalk.bold(printable(name)),
    ...(release ? releaseLines(release) : []),
    ...changes.flatMap((change) => [changeLine(change), ...wordLines(keys.get(change.keyid ?? ''))]),
    ...quorums.flatMap((quorum) => quorumLines(quorum, keys)),
  ];
}

function releaseLines({ manifest, sha256, previous, deltas }: ReviewedRelease): string[] {
  return [
    `  for ${manifest.hardware.join(', ')}${previous === undefined ? '' : `, after ${previous}`}`,
    ...componentTable(manifest),
    ...deltas.map(
      ({ component, from, base, length }) =>
        `  delta of ${component} from ${from ?? `image ${base.sha256.slice(0, 16)}`}, ${formatSize(length)}`,
    ),
    ...manifest.extras.map(({ name, length }) => `  extra ${printable(name)}, ${formatSize(length)}`),
    `  manifest ${sha256}`,
  ];
}

const changeLine = (change: Change): string =>
  `${change.warning === undefined ? '   ' : chalk.yellow('  !')} ${sentence(change)}`.trimEnd();

function sentence({ what, subject, from, to, warning }: Change): string {
  const step = from === undefined ? to : to === undefined ? from : `${from} → ${to}`;
  return [
    WORDS[what],
    ...(OF_THE_ROLE.includes(what) ? [] : [printable(subject)]),
    ...(step === undefined ? [] : [printable(step)]),
    ...(warning === undefined ? [] : [chalk.yellow(`(${printable(warning)})`)]),
  ].join(' ');
}

type Described = ReadonlyMap<string, KeyDescription>;

async function describeKeys({ keys }: Review): Promise<Described> {
  const described = new Map<string, KeyDescription>();
  for (const [keyid, key] of keys) described.set(keyid, await describeKey(key));
  return described;
}

/** To be read aloud to whoever says that it is their key. */
const wordLines = (key: KeyDescription | undefined): string[] =>
  key ? [chalk.dim(`      ${key.words}`)] : [];

const quorumLines = ({ by, threshold, keys }: Quorum, described: Described): string[] => [
  `  signed by ${threshold} of ${keys.size}, says ${by}:`,
  ...[...keys.keys()].flatMap((keyid) => [
    `    ${keyid.slice(0, 16)}  ${described.get(keyid)?.fingerprint ?? ''}`,
    ...wordLines(described.get(keyid)),
  ]),
];

/** Who has signed, and who is missing. */
export function collectedLines({ documents, complete }: Collected): string[] {
  return [
    '',
    ...documents.flatMap(({ name, quorums }) =>
      quorums.map(({ by, threshold, signed, missing, met }) => {
        const state = met ? chalk.green('enough') : chalk.yellow('not enough');
        const list = (keyids: readonly string[]) =>
          keyids.map((keyid) => keyid.slice(0, 16)).join(', ') || 'nobody';
        return `${printable(name)} (${by}): ${signed.length} of ${threshold}, ${state}\n  signed by ${list(signed)}${met ? '' : `\n  missing   ${list(missing)}`}`;
      }),
    ),
    complete ? chalk.green('Complete: it can be published.') : chalk.yellow('Not complete yet.'),
  ];
}

/** What was signed, and what to do with it. */
export const signedRequestLines = ({ title, signed, path, remembered }: SignedRequest): string[] => [
  '',
  ...signed.map(
    ({ document, keyid }) => `${chalk.green('Signed')} ${printable(document)} with key ${keyid.slice(0, 16)}`,
  ),
  `  response  ${path}`,
  ...(remembered === undefined
    ? []
    : [`  the root is remembered in ${remembered}: --root is not needed any more`]),
  chalk.dim(`  take the response back to whoever publishes ${title}`),
];

const groups = (sha256: string): string => (sha256.match(/.{4}/g) ?? []).join(' ');
const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
