import { OtaError } from '../../core/errors.ts';
import { parseSignerUri } from '../../keys/signers/uri.ts';

/** The path of a key that is a file. @throws OtaError `key-uri-invalid` for another */
export function keyFileOf(key: string): string {
  const parsed = parseSignerUri(key);
  if (parsed.kind === 'file') return parsed.path;
  throw new OtaError('key-uri-invalid', `${parsed.uri} is no key file`, {
    where: parsed.uri,
    hint: 'Only of a key file is the private key at hand. A token, an agent or a command keeps its own.',
  });
}
