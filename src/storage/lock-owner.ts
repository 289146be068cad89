import { randomBytes } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import process from 'node:process';

/** Who holds a lock, as the lines of its file. */
export interface Owner {
  /** Different for every claim, so that one lock is never taken for another. */
  readonly nonce: string;
  readonly host: string;
  /** Of this start of the machine. */
  readonly boot: string;
  /** What the process number counts in: a container counts its own. */
  readonly space: string;
  readonly pid: number;
}

export async function thisOwner(): Promise<Owner> {
  const [machine, boot, space] = await Promise.all([
    orEmpty(readFile('/etc/machine-id', 'utf8')),
    orEmpty(readFile('/proc/sys/kernel/random/boot_id', 'utf8')),
    orEmpty(readlink('/proc/self/ns/pid')),
  ]);
  const host = [hostname(), machine].filter((part) => part !== '').join(' ');
  return { nonce: randomBytes(16).toString('hex'), host, boot, space, pid: process.pid };
}

const orEmpty = (text: Promise<string>): Promise<string> =>
  text.then((value) => value.trim()).catch(() => '');

export const printOwner = ({ nonce, host, boot, space, pid }: Owner): string =>
  `${[nonce, host, boot, space, pid].join('\n')}\n`;

/** `undefined` for what is no owner's text: such a lock is nobody's to judge. */
export function readOwner(text: string): Owner | undefined {
  const [nonce, host, boot, space, pid, end, ...more] = text.split('\n');
  if (!nonce || !host || boot === undefined || space === undefined || end !== '' || more.length > 0)
    return undefined;
  if (pid === undefined || !/^[1-9]\d{0,9}$/.test(pid)) return undefined;
  return { nonce, host, boot, space, pid: Number(pid) };
}

/** Whether an owner is certainly dead; `false` where that cannot be known from here. */
export function isDead(owner: Owner, here: Owner): boolean {
  if (owner.host !== here.host) return false;
  if (owner.boot !== here.boot) return true;
  if (owner.space !== here.space) return false;
  try {
    process.kill(owner.pid, 0);
    return false;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
