import { createHash } from 'node:crypto';
import { concatBytes, equalBytes, utf8 } from '../../core/bytes.ts';
import { OtaError } from '../../core/errors.ts';
import { parsePublicKey } from '../ed25519.ts';
import type { PublicKey } from '../public-key.ts';
import type { KeySource } from './source.ts';
import { askAgent } from './ssh-agent-socket.ts';
import type { SshAgentUri } from './uri.ts';
import { verifiedSigner } from './verified.ts';

/*
 * The part of the ssh-agent protocol (draft-ietf-sshm-ssh-agent) that signing takes: list the identities, sign. Strings are
 * lengths of 4 bytes, big-endian, and bytes.
 */

const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
const ED25519 = utf8('ssh-ed25519');
/** What an agent of OpenSSH takes in one message, the head of a request left out. */
const MAX_MESSAGE = 256 * 1024 - 1024;

interface Identity {
  /** The key in the form of SSH (RFC 8709, section 4). */
  readonly blob: Uint8Array;
  readonly comment: string;
  readonly publicKey: PublicKey;
}

/** @param socket of the agent, `SSH_AUTH_SOCK` */
export function sshAgentKey(uri: SshAgentUri, socket: string | undefined): KeySource {
  const find = async () => choose(await identities(socket), uri);
  return {
    uri: uri.uri,
    folder: undefined,
    peek: async () => (await find()).publicKey,
    open: async () => {
      const { blob, publicKey } = await find();
      return verifiedSigner(publicKey, uri.uri, (message) => sign(socket, uri, blob, message));
    },
  };
}

async function identities(socket: string | undefined): Promise<readonly Identity[]> {
  const answer = new Reader(await askAgent(socket, Uint8Array.of(REQUEST_IDENTITIES)));
  answer.expect(IDENTITIES_ANSWER, 'the agent does not list its keys');
  const found: Identity[] = [];
  for (let left = answer.number(); left > 0; left -= 1) {
    const blob = answer.string();
    const comment = Buffer.from(answer.string()).toString('utf8');
    const key = new Reader(blob);
    if (!equalBytes(key.string(), ED25519)) continue;
    found.push({ blob, comment, publicKey: parsePublicKey(key.string(), `ssh-agent:${comment}`) });
  }
  return found;
}

function choose(all: readonly Identity[], { uri, which }: SshAgentUri): Identity {
  const found = all.filter((identity) => which === '' || isNamed(identity, which));
  const [identity] = found;
  if (identity !== undefined && found.length === 1) return identity;
  const held =
    all.length === 0 ? 'It holds no Ed25519 key.' : `Its Ed25519 keys: ${all.map(describe).join('; ')}.`;
  throw new OtaError(
    'key-missing',
    found.length === 0
      ? `the ssh-agent has no key ${uri}`
      : `${uri} fits ${found.length} keys of the ssh-agent`,
    { where: uri, hint: `${held} Add one with "ssh-add FILE", and name it as ssh-agent:SHA256:….` },
  );
}

function isNamed({ blob, comment, publicKey }: Identity, which: string): boolean {
  if (which.startsWith('SHA256:')) return openSshFingerprint(blob) === which;
  return comment === which || (/^[0-9a-f]{16,64}$/.test(which) && publicKey.keyid.startsWith(which));
}

/** As `ssh-add -l` shows it. */
const openSshFingerprint = (blob: Uint8Array): string =>
  `SHA256:${createHash('sha256').update(blob).digest('base64').replaceAll('=', '')}`;

const describe = ({ blob, comment }: Identity): string => `${openSshFingerprint(blob)} ${comment}`;

async function sign(
  socket: string | undefined,
  { uri }: SshAgentUri,
  blob: Uint8Array,
  message: Uint8Array,
): Promise<Uint8Array> {
  if (message.length > MAX_MESSAGE) {
    throw new OtaError(
      'agent-refused',
      `an ssh-agent signs at most ${MAX_MESSAGE} bytes, not ${message.length}`,
      {
        where: uri,
        hint: 'Sign this document with a key of another kind.',
      },
    );
  }
  const request = concatBytes(Uint8Array.of(SIGN_REQUEST), string(blob), string(message), new Uint8Array(4));
  const answer = new Reader(await askAgent(socket, request));
  answer.expect(SIGN_RESPONSE, `the agent does not sign with ${uri}`);
  const signature = new Reader(answer.string());
  signature.string();
  return signature.string();
}

function string(bytes: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return concatBytes(length, bytes);
}

/** Reads a message of an agent. All throw OtaError `agent-refused`. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  expect(type: number, otherwise: string): void {
    if (this.#take(1)[0] === type) return;
    throw new OtaError('agent-refused', otherwise, {
      hint: 'Unlock the agent ("ssh-add -X"), confirm where it asks, or add the key again ("ssh-add FILE").',
    });
  }

  number(): number {
    const bytes = this.#take(4);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  }

  string(): Uint8Array {
    return this.#take(this.number());
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) {
      throw new OtaError('agent-refused', 'the agent gave an answer that is cut short', {
        hint: 'Is SSH_AUTH_SOCK the socket of an ssh-agent?',
      });
    }
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }
}
