import { dirname } from 'node:path';
import { fromBase64, fromHex } from '../../core/bytes.ts';
import { OtaError } from '../../core/errors.ts';
import { readSmallFile } from '../../files/read.ts';
import { readPublicKeyFile } from '../key-file.ts';
import { runCommand } from './exec-run.ts';
import type { ExecUri } from './exec-uri.ts';
import type { KeySource } from './source.ts';
import { verifiedSigner } from './verified.ts';

const SIGNATURE_BYTES = 64;
const MAX_PUBLIC_KEY_BYTES = 64 * 1024;

/** A key behind a command, which gets the bytes to sign on its stdin and gives the signature on its stdout. */
export function execKey(uri: ExecUri): KeySource {
  const publicKey = async () =>
    readPublicKeyFile(await readSmallFile(uri.publicKeyPath, MAX_PUBLIC_KEY_BYTES), uri.publicKeyPath);
  return {
    uri: uri.uri,
    folder: dirname(uri.publicKeyPath),
    peek: publicKey,
    open: async () =>
      verifiedSigner(await publicKey(), uri.uri, async (message) => {
        const output = await runCommand(uri, message);
        const signature = readSignature(output);
        if (signature !== undefined) return signature;
        throw new OtaError(
          'command-failed',
          `${uri.program} gave ${output.length} bytes, which are no signature`,
          {
            where: uri.uri,
            hint: 'It must write the 64 bytes of an Ed25519 signature to stdout, raw, or as hex or base64 text, and nothing else.',
          },
        );
      }),
  };
}

/** 64 raw bytes, or their hex or base64 with white space around it: three lengths that cannot be confused. */
function readSignature(output: Uint8Array): Uint8Array | undefined {
  if (output.length === SIGNATURE_BYTES) return output;
  const text = Buffer.from(output).toString('latin1').trim();
  const bytes = text.length === 2 * SIGNATURE_BYTES ? fromHex(text.toLowerCase()) : fromBase64(text);
  return bytes?.length === SIGNATURE_BYTES ? bytes : undefined;
}
