import { concatBytes, equalBytes, fromHex, toHex } from '../core/bytes.ts';
import { sha256 } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { byCodePoint } from '../core/json/canonical.ts';
import { MAX_DOCUMENTS } from './model.ts';

/** What one officer gives back: signatures, and the request that they are for. */
export interface SigningResponse {
  /** SHA-256 of the request. */
  readonly request: string;
  readonly signatures: readonly ResponseSignature[];
}

export interface ResponseSignature {
  readonly keyid: string;
  /** Which of the request's documents, from 0. */
  readonly document: number;
  /** 64 bytes. */
  readonly sig: Uint8Array;
}

const FORMAT = 1;
const DIGEST_BYTES = 32;
const SIGNATURE_BYTES = 64;
const CHECK_BYTES = 4;

/**
 * A response as few bytes, so that it can be typed: format, request, then for each key its keyid, how many documents, and for each its
 * number and the signature; four bytes of the SHA-256 of all that at the end. Keys and documents are sorted.
 */
export function packResponse({ request, signatures }: SigningResponse): Uint8Array {
  const keyids = [...new Set(signatures.map(({ keyid }) => keyid))].sort(byCodePoint);
  const content = concatBytes(
    Uint8Array.of(FORMAT),
    fromHex(request) ?? new Uint8Array(),
    ...keyids.flatMap((keyid) => {
      const own = signatures.filter((item) => item.keyid === keyid).sort((a, b) => a.document - b.document);
      return [
        fromHex(keyid) ?? new Uint8Array(),
        Uint8Array.of(own.length),
        ...own.flatMap(({ document, sig }) => [Uint8Array.of(document), sig]),
      ];
    }),
  );
  return concatBytes(content, checkOf(content));
}

/** @throws OtaError `response-invalid` for anything that `packResponse` does not make */
export function unpackResponse(bytes: Uint8Array, where: string): SigningResponse {
  const content = bytes.subarray(0, -CHECK_BYTES);
  if (bytes.length <= CHECK_BYTES || !equalBytes(checkOf(content), bytes.subarray(-CHECK_BYTES))) {
    throw invalid('its checksum does not fit, or lines are missing at its end', where);
  }
  let at = 0;
  const take = (length: number): Uint8Array => {
    if (at + length > content.length) throw invalid('it is cut short', where);
    at += length;
    return content.subarray(at - length, at);
  };
  const byte = (): number => take(1)[0] ?? 0;
  if (byte() !== FORMAT) throw invalid('it is of another version of ota', where);
  const request = toHex(take(DIGEST_BYTES));
  const signatures: ResponseSignature[] = [];
  while (at < content.length) {
    const keyid = toHex(take(DIGEST_BYTES));
    for (let left = byte(); left > 0; left -= 1) {
      const document = byte();
      if (document >= MAX_DOCUMENTS) throw invalid(`it signs document ${document}`, where);
      signatures.push({ keyid, document, sig: Uint8Array.from(take(SIGNATURE_BYTES)) });
    }
  }
  const response = { request, signatures };
  if (signatures.length === 0) throw invalid('it has no signature', where);
  if (!equalBytes(packResponse(response), bytes)) throw invalid('its signatures are not in order', where);
  return response;
}

const checkOf = (content: Uint8Array): Uint8Array =>
  (fromHex(sha256(content)) ?? new Uint8Array()).subarray(0, CHECK_BYTES);

export const invalid = (
  why: string,
  where: string,
  hint = 'Get it again from the officer who made it.',
): OtaError => new OtaError('response-invalid', `this is not a valid response: ${why}`, { where, hint });
