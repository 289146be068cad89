import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ExecUri, parseExecUri } from './exec-uri.ts';
import { type Pkcs11Uri, parsePkcs11Uri } from './pkcs11-uri.ts';
import { decodePart, refuseUri } from './uri-text.ts';

export interface FileUri {
  readonly kind: 'file';
  readonly uri: string;
  readonly path: string;
}

/** A key of the ssh-agent, by OpenSSH's fingerprint (`SHA256:…`), by keyid or the start of it, by comment; `''` for the only one. */
export interface SshAgentUri {
  readonly kind: 'ssh-agent';
  readonly uri: string;
  readonly which: string;
}

/** Where a key is, as a person names it. `uri` is what is shown and logged: it holds no secret. */
export type SignerUri = FileUri | Pkcs11Uri | SshAgentUri | ExecUri;

/** Two letters and more: `C:` is a drive. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;

/**
 * Reads `file:`, `pkcs11:` (RFC 7512), `ssh-agent:` and `exec:`; what has no scheme is the path of a key file. Paths in it are
 * taken from `folder`.
 *
 * @throws OtaError `key-uri-invalid`
 */
export function parseSignerUri(text: string, folder = '.'): SignerUri {
  const below = (path: string): string => (isAbsolute(path) ? path : join(folder, path));
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  const rest = text.slice((scheme?.length ?? -1) + 1);
  switch (scheme) {
    case undefined:
      if (text === '') refuseUri(text, 'is empty', 'Name a key file, or a key by its URI.');
      return { kind: 'file', uri: text, path: below(text) };
    case 'file':
      return { kind: 'file', uri: text, path: below(pathOfFileUri(text, rest)) };
    case 'pkcs11':
      return parsePkcs11Uri(text, rest, below);
    case 'ssh-agent':
      return { kind: 'ssh-agent', uri: text, which: decodePart(text, rest) };
    case 'exec':
      return parseExecUri(text, rest, below);
    default:
      return refuseUri(
        text,
        `has the scheme ${scheme}:, which is not known`,
        'A key is a file, or file:, pkcs11:, ssh-agent: or exec:. Write a path with a colon as ./PATH.',
      );
  }
}

/** RFC 8089; beyond it `file:` followed by a relative path. */
function pathOfFileUri(text: string, rest: string): string {
  if (/[?#]/.test(rest)) refuseUri(text, 'has a "?" or "#"', 'Write them as %3F and %23 in a file: URI.');
  if (rest === '') refuseUri(text, 'names no file', 'Write file: and the path of a key file.');
  if (!rest.startsWith('/')) return decodePart(text, rest);
  try {
    return fileURLToPath(new URL(text));
  } catch (cause) {
    return refuseUri(text, 'is not a file: URI of this machine', 'Write file:///PATH.', cause);
  }
}
