import { OtaError } from '../core/errors.ts';
import { readSmallFileIfPresent } from '../files/read.ts';
import { refuseDemoKey } from '../keys/demo.ts';
import type { LogStamp } from '../keys/log/entry.ts';
import type { PublicKey } from '../keys/public-key.ts';
import type { Signer } from '../keys/signer.ts';
import { keySource } from '../keys/signers/open.ts';
import type { Secrets } from '../keys/signers/source.ts';
import { parseSignerUri, type SignerUri } from '../keys/signers/uri.ts';
import { logPath } from './log/append.ts';
import { loggedSigner } from './log/signer.ts';
import { type PassphraseSource, readPassphrase } from './passphrase.ts';
import { readPin } from './pin.ts';

/** How often a passphrase is asked for before a command gives up. */
const TRIES = 3;

/** A key as a flag or `ota.yaml` names it. */
export type KeyName = string | SignerUri;

/** Where signing is logged, and as whose. */
export interface SigningLog {
  stamp(): LogStamp;
  /** Instead of `log.jsonl` beside the key. */
  readonly path?: string | undefined;
}

export interface OpenSignersOptions {
  readonly passphrase: PassphraseSource;
  readonly log: SigningLog;
  /** Keyids of the root role, which no variable may open; where nobody knows them, a variable opens nothing. */
  readonly rootKeyids?: ReadonlySet<string>;
}

/**
 * Opens keys to sign with, wherever they are: files, tokens, an ssh-agent, commands. Each key file is opened with the
 * passphrase of the one before; where that is wrong and there is a terminal, it is asked for again, three times in all for
 * one key. A PIN is asked for once: tokens lock themselves. Each signature is in the log before it is given out.
 *
 * @throws OtaError `key-missing` without a key, `key-uri-invalid`, `usage-flag` for a variable,
 * `key-demo`; what opening a key throws
 */
export async function openSigners(
  keys: readonly KeyName[],
  { passphrase, rootKeyids, log }: OpenSignersOptions,
): Promise<readonly Signer[]> {
  if (keys.length === 0) {
    throw new OtaError('key-missing', 'there is no key to sign with', {
      hint: 'Name a key with --key, or list keys under keys: in ota.yaml.',
    });
  }
  if (passphrase.env !== undefined && rootKeyids === undefined) {
    throw new OtaError('usage-flag', '--passphrase-env opens keys for releases only, and this may be more', {
      hint: 'Give the passphrase with --passphrase-file or --passphrase-fd, or type it.',
    });
  }
  const secrets = askForSecrets(passphrase);
  const signers: Signer[] = [];
  for (const source of keys.map(sourceOf)) {
    const refuse = (key: PublicKey | undefined) => {
      if (passphrase.env !== undefined && key && rootKeyids?.has(key.keyid)) throw rootByVariable(source.uri);
    };
    if (passphrase.env !== undefined) refuse(await source.peek());
    const signer = await source.open(secrets);
    refuse(signer.publicKey);
    refuseDemoKey(signer.publicKey.keyid, source.uri);
    signers.push(loggedSigner(signer, source.uri, log.path ?? logPath(source.folder), log.stamp));
  }
  return signers;
}

/** The public key that a name stands for, as far as it can be known without a secret. */
export const peekKey = (key: KeyName): Promise<PublicKey | undefined> => sourceOf(key).peek();

/** The folder of a key file, or of the public key of another; `undefined` where a key has none. */
export const keyFolder = (key: KeyName | undefined): string | undefined =>
  key === undefined ? undefined : sourceOf(key).folder;

/** The keyids of keys, as far as they can be known without a secret. */
export async function keyidsAtHand(keys: readonly KeyName[]): Promise<ReadonlySet<string>> {
  const found = await Promise.all(keys.map(peekKey));
  return new Set(found.flatMap((key) => key?.keyid ?? []));
}

/**
 * Of the keys of a project, those that are on this machine: the file of an officer's key may be elsewhere.
 *
 * @throws OtaError `key-uri-invalid`, `input-unreadable`
 */
export async function keysThatAreHere(keys: readonly KeyName[]): Promise<readonly KeyName[]> {
  const here: KeyName[] = [];
  for (const key of keys) {
    const uri = typeof key === 'string' ? parseSignerUri(key) : key;
    if (uri.kind !== 'file' || (await readSmallFileIfPresent(uri.path)) !== undefined) here.push(key);
  }
  return here;
}

const sourceOf = (key: KeyName) =>
  keySource(typeof key === 'string' ? parseSignerUri(key) : key, process.env);

function askForSecrets(source: PassphraseSource): Secrets {
  const asks = source.file === undefined && source.fd === undefined && source.env === undefined;
  let current: string | undefined;
  let asked = 0;
  return {
    passphrase: async (label, wrong) => {
      if (wrong === undefined) asked = 0;
      else if (!asks || asked === TRIES) throw wrong;
      if (wrong === undefined && current !== undefined) return current;
      asked += 1;
      current = await readPassphrase({ ...source, label, ...(wrong === undefined ? {} : { again: true }) });
      return current;
    },
    pin: readPin,
  };
}

const rootByVariable = (uri: string): OtaError =>
  new OtaError('usage-flag', `${uri} is a root key, which no variable may open`, {
    where: uri,
    hint: 'Give its passphrase with --passphrase-file or --passphrase-fd, or type it. Better: keep root keys off machines that publish.',
  });
