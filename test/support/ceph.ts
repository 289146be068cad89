import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What a test needs to reach the gateway; plain data, since it crosses into the processes that run tests. */
export interface Ceph {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface RunningCeph extends Ceph {
  /** Ends all daemons and removes their folder. */
  stop(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL('./ceph.sh', import.meta.url));
const PROGRAMS = ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph', 'radosgw-admin', 'ceph-authtool', 'monmaptool'];
export const CEPH_INSTALL =
  'apt-get install -y --no-install-recommends radosgw ceph-mon ceph-osd ceph-common';

/** Why Ceph cannot run here; `undefined` where it can. */
export function whyNoCeph(): string | undefined {
  if (process.platform !== 'linux') return 'Ceph runs on Linux only';
  const missing = PROGRAMS.filter((name) => spawnSync('which', [name]).status !== 0);
  if (missing.length > 0) return `${missing.join(', ')} not found; install with: ${CEPH_INSTALL}`;
  return process.getuid?.() === 0 ? undefined : 'starting Ceph needs root';
}

/** Starts a Ceph of its own on free loopback ports; it ends with this process whatever happens to it. */
export async function startCeph(): Promise<RunningCeph> {
  const folder = join(tmpdir(), `ota-ceph-${randomBytes(6).toString('hex')}`);
  const gateway = await freePort();
  // In a session of its own, so that Ctrl-C does not reach it before it can clean up; the pipe to its input tells it to end.
  const child = spawn(SCRIPT, [folder, String(gateway), String(await freeRange())], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  const ready = once(createInterface(child.stdout), 'line').then(([line]) => line === 'ready');
  if (await Promise.race([ready, ended.then(() => false)])) {
    return {
      endpoint: `http://127.0.0.1:${gateway}`,
      accessKeyId: 'testkey',
      secretAccessKey: 'testsecret',
      stop,
    };
  }
  await stop();
  throw new Error('Ceph did not start; what it said is above');
}

async function freePort(port = 0): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: found } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return found;
}

/** The first of 81 ports below those that systems give out by themselves, of which the monitor's two are free now. */
async function freeRange(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const base = 12_000 + Math.floor(Math.random() * 200) * 81;
    const free = await Promise.all([freePort(base), freePort(base + 1)]).catch(() => undefined);
    if (free !== undefined) return base;
  }
  throw new Error('no free ports for Ceph');
}
