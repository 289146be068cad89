import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/bytes.ts';
import { verifySignature } from '../../../../src/keys/ed25519.ts';
import { keySource } from '../../../../src/keys/signers/open.ts';
import { askAgent } from '../../../../src/keys/signers/ssh-agent-socket.ts';
import { parseSignerUri } from '../../../../src/keys/signers/uri.ts';
import { freshFolder } from '../../../support/folder.ts';
import {
  hasSshAgent,
  sshAdd,
  sshFingerprint,
  sshKey,
  startSshAgent,
  type TestAgent,
} from '../../../support/ssh-agent.ts';
import { rejected } from '../thrown.ts';

const folder = freshFolder();
const MESSAGE = utf8('what is signed');
const noSecrets = {
  passphrase: () => expect.fail('no passphrase is needed'),
  pin: () => expect.fail('no PIN is needed'),
};

describe.skipIf(!hasSshAgent())('a real ssh-agent', () => {
  let agent: TestAgent;
  beforeEach(async () => {
    agent = await startSshAgent(folder.path);
  });
  afterEach(() => agent.stop());
  const source = (uri: string) => keySource(parseSignerUri(uri), { SSH_AUTH_SOCK: agent.SSH_AUTH_SOCK });

  it('signs with its only Ed25519 key, and keys of other types do not count', async () => {
    sshAdd(agent, sshKey(folder.path, 'rsa', 'rsa'), sshKey(folder.path, 'release'));
    const signer = await source('ssh-agent:').open(noSecrets);
    expect(await source('ssh-agent:').peek()).toEqual(signer.publicKey);
    expect(verifySignature(signer.publicKey, MESSAGE, await signer.sign(MESSAGE))).toBe(true);
    expect(
      verifySignature(signer.publicKey, new Uint8Array(200_000), await signer.sign(new Uint8Array(200_000))),
    ).toBe(true);
  });

  it('finds one of several by fingerprint, keyid or comment', async () => {
    const [a, b] = [sshKey(folder.path, 'a'), sshKey(folder.path, 'b')];
    sshAdd(agent, a, b);
    const byFingerprint = await source(`ssh-agent:${sshFingerprint(b)}`).open(noSecrets);
    const { keyid } = byFingerprint.publicKey;
    for (const name of ['b', keyid, keyid.slice(0, 16)]) {
      expect((await source(`ssh-agent:${name}`).peek())?.keyid).toBe(keyid);
    }
    expect((await source('ssh-agent:a').peek())?.keyid).not.toBe(keyid);
    const error = await rejected(source('ssh-agent:').peek());
    expect(error).toMatchObject({ code: 'key-missing', message: expect.stringContaining('2 keys') });
    expect(error.hint).toContain(sshFingerprint(a));
  });

  it('says that the agent has no such key, and which it has', async () => {
    expect(await rejected(source('ssh-agent:').open(noSecrets))).toMatchObject({
      code: 'key-missing',
      exitCode: 3,
      hint: expect.stringContaining('no Ed25519 key'),
    });
    sshAdd(agent, sshKey(folder.path, 'a'));
    const error = await rejected(source('ssh-agent:b').open(noSecrets));
    expect(error).toMatchObject({ code: 'key-missing', hint: expect.stringContaining('a. Add one') });
  });

  it('says that the agent does not sign any more', async () => {
    sshAdd(agent, sshKey(folder.path, 'a'));
    const signer = await source('ssh-agent:').open(noSecrets);
    sshAdd(agent, '-D');
    expect((await rejected(signer.sign(MESSAGE))).code).toBe('agent-refused');
    await agent.stop();
    expect((await rejected(signer.sign(MESSAGE))).code).toBe('agent-missing');
  });

  it('says that a document is too large for an agent', async () => {
    sshAdd(agent, sshKey(folder.path, 'a'));
    const signer = await source('ssh-agent:').open(noSecrets);
    expect(await rejected(signer.sign(new Uint8Array(300_000)))).toMatchObject({ code: 'agent-refused' });
  });
});

describe('no agent', () => {
  it.each([undefined, ''])('where SSH_AUTH_SOCK is %j', async (socket) => {
    const environment = socket === undefined ? {} : { SSH_AUTH_SOCK: socket };
    const source = keySource(parseSignerUri('ssh-agent:'), environment);
    expect(await rejected(source.peek())).toMatchObject({ code: 'agent-missing', where: 'SSH_AUTH_SOCK' });
  });

  it('where nothing listens', async () => {
    const SSH_AUTH_SOCK = folder.at('none');
    expect(await rejected(keySource(parseSignerUri('ssh-agent:'), { SSH_AUTH_SOCK }).peek())).toMatchObject({
      code: 'agent-missing',
      where: SSH_AUTH_SOCK,
    });
  });
});

describe('what only listens like an agent', () => {
  let server: Server | undefined;
  afterEach(() => new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve())));

  /** Answers each message with these bytes; `undefined` hangs up. */
  async function fake(...answers: readonly (Uint8Array | undefined)[]): Promise<string> {
    const left = [...answers];
    mkdirSync(folder.at('s'));
    const socket = join(folder.path, 's', 'agent');
    server = createServer((connection) => {
      connection.on('error', () => {});
      connection.once('data', () => {
        const answer = left.shift();
        if (answer === undefined) connection.end();
        else connection.write(answer);
      });
    });
    await new Promise<void>((resolve) => server?.listen(socket, resolve));
    return socket;
  }
  const framed = (...bytes: readonly number[]) => Uint8Array.of(0, 0, 0, bytes.length, ...bytes);
  const ask = async (...answers: readonly (Uint8Array | undefined)[]) =>
    rejected(keySource(parseSignerUri('ssh-agent:'), { SSH_AUTH_SOCK: await fake(...answers) }).peek());

  it.each([
    ['hangs up', undefined],
    ['fails', framed(5)],
    ['answers something else', framed(14)],
    ['promises more keys than it gives', framed(12, 0, 0, 0, 9)],
    ['promises a longer key than it gives', framed(12, 0, 0, 0, 1, 0, 0, 1, 0)],
    ['gives nothing', framed()],
    ['promises a gigabyte', Uint8Array.of(0x40, 0, 0, 0)],
  ])('%s', async (_, answer) => {
    expect(await ask(answer)).toMatchObject({ code: 'agent-refused', exitCode: 3 });
  });

  it('gives no key that is weak', async () => {
    const weak = [
      0,
      0,
      0,
      51,
      0,
      0,
      0,
      11,
      ...utf8('ssh-ed25519'),
      0,
      0,
      0,
      32,
      1,
      ...new Uint8Array(31),
      0,
      0,
      0,
      0,
    ];
    expect(await ask(framed(12, 0, 0, 0, 1, ...weak))).toMatchObject({ code: 'key-invalid' });
  });

  it('is not waited for without end', async () => {
    const socket = await fake(Uint8Array.of(0, 0));
    expect(await rejected(askAgent(socket, Uint8Array.of(11), 50))).toMatchObject({ code: 'agent-refused' });
  });
});
