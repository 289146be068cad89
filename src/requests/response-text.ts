import { concatBytes, fromHex, fromUtf8, utf8 } from '../core/bytes.ts';
import { sha256 } from '../core/digest.ts';
import { type Fault, OtaError } from '../core/errors.ts';
import { fromBase32, normalBase32, toBase32 } from './base32.ts';
import { invalid, packResponse, type SigningResponse, unpackResponse } from './response.ts';

/** What every response starts with, in a file and in a QR code. */
export const RESPONSE_TITLE = 'OTA RESPONSE 1';
const LINE_BYTES = 20;
const LINE_CHARACTERS = 32;
const NUMBER_CHARACTERS = 2;
const CHECK_CHARACTERS = 4;
const MAX_LINES = 99;
/** Some signatures of each of many keys; what is larger is another file. */
export const MAX_RESPONSE_BYTES = 64 * 1024;

/**
 * A response as lines that a person can type: a number, 20 bytes in groups of four characters, and a check of both, so that a typo
 * is found in the line where it is.
 *
 * @throws OtaError `response-invalid` for more than 99 lines
 */
export function encodeResponse(response: SigningResponse): Uint8Array {
  const lines = records(response).map((record) => {
    const [number, rest] = [record.slice(0, NUMBER_CHARACTERS), record.slice(NUMBER_CHARACTERS)];
    return [number, ...(rest.match(/.{1,4}/g) ?? [])].join(' ');
  });
  return utf8(`${[RESPONSE_TITLE, ...lines].join('\n')}\n`);
}

/** The same without what is there for the eye: digits, capitals and spaces, which a QR code holds in little room. */
export const compactResponse = (response: SigningResponse): string =>
  [RESPONSE_TITLE, ...records(response)].join(' ');

function records(response: SigningResponse): readonly string[] {
  const bytes = packResponse(response);
  const count = Math.ceil(bytes.length / LINE_BYTES);
  if (count > MAX_LINES) {
    throw new OtaError(
      'response-invalid',
      `${response.signatures.length} signatures are too many for one response`,
      {
        hint: 'Sign with fewer keys at once, into a response for each.',
      },
    );
  }
  return Array.from({ length: count }, (_, index) => {
    const part = bytes.subarray(index * LINE_BYTES, (index + 1) * LINE_BYTES);
    const number = String(index + 1).padStart(NUMBER_CHARACTERS, '0');
    return number + toBase32(part) + checkOf(index + 1, part);
  });
}

/**
 * Reads a response from a file, from what was typed, or from what a QR code says: line ends, spaces, `-` and the case of letters do
 * not matter, nor the order of lines, and a line may stand there twice.
 *
 * @throws OtaError `response-invalid` naming every line that has a typo or is missing
 */
export function parseResponse(bytes: Uint8Array, where = 'response'): SigningResponse {
  if (bytes.length > MAX_RESPONSE_BYTES) throw invalid('it is too long', where);
  const text = readText(bytes, where);
  const body = text.startsWith(RESPONSE_TITLE) ? text.slice(RESPONSE_TITLE.length) : undefined;
  if (body === undefined) {
    throw invalid(
      `it does not start with "${RESPONSE_TITLE}"`,
      where,
      'Name the file that "ota sign REQUEST" wrote.',
    );
  }
  const faults: Fault[] = [];
  const parts = new Map<number, Uint8Array>();
  for (const line of linesOf(body)) {
    const read = readLine(line);
    if (read) parts.set(read.number, read.part);
    else
      faults.push({
        where: `line ${line.slice(0, NUMBER_CHARACTERS)}`,
        message: 'has a typo, or something is missing in it',
      });
  }
  const last = Math.max(0, ...parts.keys());
  for (let number = 1; number < last; number += 1) {
    const name = `line ${String(number).padStart(NUMBER_CHARACTERS, '0')}`;
    if (!parts.has(number) && !faults.some((fault) => fault.where === name))
      faults.push({ where: name, message: 'is missing' });
  }
  if (faults.length > 0) {
    throw new OtaError(
      'response-invalid',
      `${faults.length === 1 ? 'a line' : `${faults.length} lines`} of the response cannot be right`,
      {
        where,
        faults,
        hint: 'Compare these lines with what the officer has, character by character, and type them again.',
      },
    );
  }
  const ordered = Array.from({ length: last }, (_, index) => parts.get(index + 1) ?? new Uint8Array());
  return unpackResponse(concatBytes(...ordered), where);
}

/** Whether a line as it was typed is right, so that a typo is found as soon as it is made. */
export const isResponseLine = (typed: string, number: number): boolean =>
  readLine(typed.replaceAll(/[\s-]/g, '').toUpperCase())?.number === number;

/** Lines as they were typed, as a file. */
export const responseOfLines = (lines: readonly string[]): Uint8Array =>
  utf8([RESPONSE_TITLE, ...lines].join('\n'));

function readText(bytes: Uint8Array, where: string): string {
  try {
    return fromUtf8(bytes)
      .replace(/^\ufeff/, '')
      .trim()
      .toUpperCase();
  } catch (cause) {
    throw new OtaError('response-invalid', 'this is not a valid response: it is no text', { where, cause });
  }
}

/** One record for each line of a text, or for each word of a code that has no line ends. */
function linesOf(body: string): readonly string[] {
  const lines = body.includes('\n') ? body.split('\n') : body.split(' ');
  return lines.map((line) => line.replaceAll(/[\s-]/g, '')).filter((line) => line !== '');
}

function readLine(line: string): { readonly number: number; readonly part: Uint8Array } | undefined {
  const number = Number(line.slice(0, NUMBER_CHARACTERS));
  const data = line.slice(NUMBER_CHARACTERS, -CHECK_CHARACTERS);
  const part = data === '' || data.length > LINE_CHARACTERS ? undefined : fromBase32(data);
  if (!part || !Number.isInteger(number) || number < 1) return undefined;
  return normalBase32(line.slice(-CHECK_CHARACTERS)) === checkOf(number, part) ? { number, part } : undefined;
}

/** Four characters: the first 20 bits of the SHA-256 of the number as one byte and the line's bytes. */
function checkOf(number: number, part: Uint8Array): string {
  const digest = fromHex(sha256(concatBytes(Uint8Array.of(number), part))) ?? new Uint8Array();
  return toBase32(digest.subarray(0, 3)).slice(0, CHECK_CHARACTERS);
}
