import { spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installed, run } from './tools.ts';

export const hasSshAgent = (): boolean => installed('ssh-agent', 'ssh-add', 'ssh-keygen');

export interface TestAgent {
  readonly SSH_AUTH_SOCK: string;
  stop(): Promise<void>;
}

/** A real ssh-agent on a socket in a folder, which must have a short path. It is gone after `stop`. */
export async function startSshAgent(folder: string): Promise<TestAgent> {
  const SSH_AUTH_SOCK = join(folder, 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', SSH_AUTH_SOCK], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => agent.once('exit', () => resolve()));
  // Its socket is there before it listens.
  while (!(await answers(SSH_AUTH_SOCK))) {
    if (agent.exitCode !== null) throw new Error(`ssh-agent ended with ${agent.exitCode}`);
    await sleep(10);
  }
  return {
    SSH_AUTH_SOCK,
    stop: async () => {
      agent.kill();
      await ended;
    },
  };
}

const answers = (socket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const connection = createConnection(socket, () => {
      connection.destroy();
      resolve(true);
    });
    connection.on('error', () => resolve(false));
  });

/** Makes an SSH key without passphrase; gives its path. */
export function sshKey(folder: string, name: string, type = 'ed25519'): string {
  const path = join(folder, name);
  run('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', name, '-f', path]);
  return path;
}

export const sshAdd = ({ SSH_AUTH_SOCK }: TestAgent, ...args: readonly string[]): Buffer =>
  run('ssh-add', ['-q', ...args], { env: { SSH_AUTH_SOCK } });

/** `SHA256:…` of a public key file. */
export const sshFingerprint = (path: string): string =>
  run('ssh-keygen', ['-lf', `${path}.pub`])
    .toString()
    .split(' ')[1] ?? '';
