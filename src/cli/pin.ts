import { OtaError } from '../core/errors.ts';
import type { PinSource } from '../keys/signers/pkcs11-uri.ts';
import { type Prompts, terminalPrompts } from './prompts.ts';
import { readSecret } from './secret.ts';

/**
 * Reads a token's PIN from where its URI says, or from a terminal without echo.
 *
 * @param note what the person should know before typing
 * @throws OtaError `pin-missing` where nobody can be asked, `cancelled`; as `readSecret`
 */
export async function readPin(
  label: string,
  source: PinSource | undefined,
  note: string | undefined,
  prompts: Prompts = terminalPrompts,
): Promise<string> {
  const given = await readSecret(source ?? {});
  if (given !== undefined) return given.secret;
  if (prompts.interactive)
    return prompts.password(`PIN of ${label}${note === undefined ? '' : ` (${note})`}`);
  throw new OtaError('pin-missing', `the PIN of ${label} is needed, and there is no terminal to ask on`, {
    where: label,
    hint: 'Add pin-source=file:PATH or pin-source=fd:N to the URI of the key.',
  });
}
