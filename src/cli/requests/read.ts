import { OtaError } from '../../core/errors.ts';
import { readSmallFile, withFile } from '../../files/read.ts';
import { MAX_REQUEST_BYTES, REQUEST_TYPE, type SigningRequest } from '../../requests/model.ts';
import { parseRequest } from '../../requests/parse.ts';
import type { SigningResponse } from '../../requests/response.ts';
import { MAX_RESPONSE_BYTES, parseResponse } from '../../requests/response-text.ts';

const START = `{\n  "_type": "${REQUEST_TYPE}"`;

/** Whether a file is a request, by how it starts: a request has one spelling. @throws OtaError as `openFile` */
export const isRequestFile = (path: string): Promise<boolean> =>
  withFile(path, async (file) => {
    const start = await file.read(0, Math.min(START.length, file.length));
    return Buffer.from(start).toString('latin1') === START;
  });

/** @throws OtaError `request-invalid`, `input-missing` */
export const readRequest = async (path: string): Promise<SigningRequest> =>
  parseRequest(await readSmallFile(path, MAX_REQUEST_BYTES), path);

export interface ReadResponse {
  readonly response: SigningResponse;
  readonly where: string;
}

/** Response files, and `-` for what was typed or scanned into stdin. @throws OtaError `response-invalid`, `input-missing` */
export async function readResponses(paths: readonly string[]): Promise<readonly ReadResponse[]> {
  const responses: ReadResponse[] = [];
  for (const path of paths) {
    const where = path === '-' ? 'what was typed' : path;
    const bytes = path === '-' ? await readInput() : await readSmallFile(path, MAX_RESPONSE_BYTES);
    responses.push({ response: parseResponse(bytes, where), where });
  }
  return responses;
}

async function readInput(): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of process.stdin as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > MAX_RESPONSE_BYTES) {
      throw new OtaError('response-invalid', 'what was typed is too long for a response');
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
