import { concatBytes, utf8 } from '../core/bytes.ts';

/**
 * The bytes that a DSSE signature covers: pre-authentication encoding of DSSE 1.0 (`protocol.md`),
 * `"DSSEv1" SP LEN(type) SP type SP LEN(payload) SP payload`, lengths in bytes as ASCII decimals.
 */
export function pae(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = utf8(payloadType);
  return concatBytes(utf8(`DSSEv1 ${type.length} `), type, utf8(` ${payload.length} `), payload);
}
