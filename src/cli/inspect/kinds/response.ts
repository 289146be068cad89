import chalk from 'chalk';
import { readSmallFile } from '../../../files/read.ts';
import { MAX_RESPONSE_BYTES, parseResponse, RESPONSE_TITLE } from '../../../requests/response-text.ts';
import { plainKind } from '../kind.ts';

interface Response {
  /** SHA-256 of the request that it is for. */
  readonly request: string;
  readonly signatures: readonly { readonly keyid: string; readonly documents: readonly number[] }[];
}

/** The signatures of one officer, in a file. */
export const responseKind = plainKind<Response>({
  kind: 'response',
  recognises: (subject) => !subject.folder && subject.start.startsWith(RESPONSE_TITLE),
  read: async ({ path }) => {
    const { request, signatures } = parseResponse(await readSmallFile(path, MAX_RESPONSE_BYTES), path);
    const keyids = [...new Set(signatures.map(({ keyid }) => keyid))];
    return {
      request,
      signatures: keyids.map((keyid) => ({
        keyid,
        documents: signatures.filter((item) => item.keyid === keyid).map(({ document }) => document),
      })),
    };
  },
  lines: ({ request, signatures }) => [
    `${chalk.bold('A response')} to the signing request`,
    `  request ${request}`,
    ...signatures.map(
      ({ keyid, documents }) =>
        `  ${keyid.slice(0, 16)}  signed ${documents.length === 1 ? 'document' : 'documents'} ` +
        documents.map((number) => number + 1).join(', '),
    ),
    chalk.dim('  (shown as it stands; ota request show checks it with its request)'),
  ],
});
