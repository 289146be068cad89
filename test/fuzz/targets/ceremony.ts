import { encodeProposal, parseProposal } from '../../../src/ceremony/format.ts';
import { parseJson } from '../../../src/core/json/parse.ts';
import { printJson } from '../../../src/core/json/print.ts';
import { parseName } from '../../../src/core/names.ts';
import { parseEntry, printEntry } from '../../../src/keys/log/entry.ts';
import { parseSignerUri } from '../../../src/keys/signers/uri.ts';
import {
  encodeArchiveIndex,
  encodeArchivePage,
  parseArchiveIndex,
  parseArchivePage,
} from '../../../src/repository/archive.ts';
import { parseRequest } from '../../../src/requests/parse.ts';
import { parseResponse } from '../../../src/requests/response-text.ts';
import { reviewRequest } from '../../../src/requests/review.ts';
import { NOW } from '../../support/forge.ts';
import { same, type Target } from '../loop.ts';

const PRODUCT = parseName('gateway', 'the product');

const request: Target = {
  name: 'request',
  maxBytes: 65_536,
  shortRuns: 200,
  run: (input) => same('a request', parseRequest(input).sealed.bytes, input),
};

/** Whatever is asked of an officer is looked through to the end, on the chain that comes with it. */
const review: Target = {
  name: 'review',
  maxBytes: 65_536,
  shortRuns: 60,
  run: (input) => {
    const read = parseRequest(printJson(parseJson(input)));
    reviewRequest(read, read.chain.roots[0], NOW);
  },
};

const response: Target = {
  name: 'response',
  maxBytes: 8192,
  shortRuns: 2000,
  run: (input) => void parseResponse(input),
};

const proposal: Target = {
  name: 'proposal',
  maxBytes: 65_536,
  shortRuns: 100,
  run: (input) => same('a proposal', encodeProposal(parseProposal(input, 'proposal.json')), input),
};

const logEntry: Target = {
  name: 'log-entry',
  maxBytes: 10_000,
  shortRuns: 1000,
  run: (input) =>
    same('a line of a log', printEntry(parseEntry(input, 'log.jsonl:1')).subarray(0, -1), input),
};

const keyUri: Target = {
  name: 'key-uri',
  maxBytes: 1024,
  shortRuns: 3000,
  run: (input) => void parseSignerUri(new TextDecoder().decode(input), '/project'),
};

const archiveIndex: Target = {
  name: 'archive-index',
  maxBytes: 16_384,
  shortRuns: 800,
  run: (input) => {
    const bytes = encodeArchiveIndex(parseArchiveIndex(input, 'index'));
    same('an index', encodeArchiveIndex(parseArchiveIndex(bytes, 'index')), bytes);
  },
};

const archivePage: Target = {
  name: 'archive-page',
  maxBytes: 16_384,
  shortRuns: 800,
  run: (input) => {
    const bytes = encodeArchivePage(PRODUCT, parseArchivePage(input, 'page'));
    same('a page', encodeArchivePage(PRODUCT, parseArchivePage(bytes, 'page')), bytes);
  },
};

export const CEREMONY_TARGETS: readonly Target[] = [
  request,
  review,
  response,
  proposal,
  logEntry,
  keyUri,
  archiveIndex,
  archivePage,
];
