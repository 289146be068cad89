import chalk from 'chalk';
import { parseManifest } from '../../../bundle/parse-manifest.ts';
import { printable } from '../../../core/printable.ts';
import { REQUEST_TYPE, type RequestDocument } from '../../../requests/model.ts';
import { parseRequest } from '../../../requests/parse.ts';
import { plainKind } from '../kind.ts';
import { documentOf, hasType } from '../subject.ts';

interface Request {
  /** Its name: what a response is for. */
  readonly sha256: string;
  /** What is to be signed, as in `gateway version 8`. */
  readonly documents: readonly string[];
  /** How many roots it brings along, and which roles it follows. */
  readonly roots: number;
  readonly follows: readonly string[];
  readonly channel?: string;
}

/** What officers are asked to sign. What it changes takes the chain from a root that they hold: `ota request show`. */
export const requestKind = plainKind<Request>({
  kind: 'request',
  recognises: (subject) => hasType(subject, REQUEST_TYPE),
  read: async (subject) => {
    const { sealed, chain, documents, channel } = parseRequest(documentOf(subject).bytes, subject.path);
    return {
      sha256: sealed.sha256,
      documents: documents.map(titleOf),
      roots: chain.roots.length,
      follows: [...chain.roles.keys()],
      ...(channel === undefined ? {} : { channel }),
    };
  },
  lines: ({ sha256, documents, roots, follows, channel }) => [
    `${chalk.bold('A signing request')} ${sha256}`,
    ...documents.map((title) => `  to sign: ${printable(title)}`),
    `  follows ${[roots === 1 ? '1 root' : `${roots} roots`, ...follows].map(printable).join(', ')}`,
    ...(channel === undefined ? [] : [`  channel ${channel} is to give it out`]),
    chalk.dim('  (shown as it stands; ota request show checks it and says what it changes)'),
  ],
});

function titleOf(document: RequestDocument): string {
  if (document.type === 'role') return `${document.role} version ${String(document.signed.version)}`;
  const { product, version } = parseManifest(document.bytes);
  return `the manifest of ${product} ${version}`;
}
