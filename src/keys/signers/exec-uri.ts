import { decodePart, refuseUri } from './uri-text.ts';

/** A command that signs: `exec:PROGRAM?public=FILE&arg=…&arg=…&timeout=SECONDS`. */
export interface ExecUri {
  readonly kind: 'exec';
  readonly uri: string;
  /** With a slash a path, else looked up in `PATH`. */
  readonly program: string;
  readonly args: readonly string[];
  /** The `.pub` file of the key that the command signs with. */
  readonly publicKeyPath: string;
  /** Seconds. */
  readonly timeout: number;
}

const DEFAULT_TIMEOUT = 60;
const MAX_TIMEOUT = 3600;
const HINT = 'Write exec:PROGRAM?public=KEY.pub, then &arg=… for each argument and &timeout=SECONDS.';

/** @throws OtaError `key-uri-invalid` */
export function parseExecUri(uri: string, rest: string, below: (path: string) => string): ExecUri {
  const at = rest.indexOf('?');
  const program = decodePart(uri, at < 0 ? rest : rest.slice(0, at));
  if (program === '') refuseUri(uri, 'names no program', HINT);
  const args: string[] = [];
  let publicKeyPath: string | undefined;
  let timeout: number | undefined;
  for (const item of at < 0 ? [] : rest.slice(at + 1).split('&')) {
    const [name = '', ...parts] = item.split('=');
    const value = decodePart(uri, parts.join('='));
    if (name === 'arg') args.push(value);
    else if (name === 'public' && publicKeyPath === undefined && value !== '') publicKeyPath = below(value);
    else if (name === 'timeout' && timeout === undefined) timeout = seconds(uri, value);
    else refuseUri(uri, `has ${JSON.stringify(name)} empty, twice, or unknown`, HINT);
  }
  if (publicKeyPath === undefined) refuseUri(uri, 'names no public key', HINT);
  const path = program.includes('/') ? below(program) : program;
  return {
    kind: 'exec',
    uri,
    // `join` takes "./" away, and a name without a slash would be looked up elsewhere.
    program: program.includes('/') && !path.includes('/') ? `./${path}` : path,
    args,
    publicKeyPath,
    timeout: timeout ?? DEFAULT_TIMEOUT,
  };
}

function seconds(uri: string, text: string): number {
  const value = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= MAX_TIMEOUT) return value;
  return refuseUri(uri, `has a timeout that is not 1 to ${MAX_TIMEOUT} seconds`, HINT);
}
