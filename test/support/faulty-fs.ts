import { constants } from 'node:fs';
import { basename } from 'node:path';

/**
 * `node:fs/promises` in which any single change to the disk can go wrong. A test file puts it in place with
 * `vi.mock('node:fs/promises', async (original) => faultyFs(await original()))`.
 */
type Fs = typeof import('node:fs/promises');
type Handle = Awaited<ReturnType<Fs['open']>>;

/**
 * `full`: one change fails for want of room, a write half way; `broken`: as much, by a fault of the disk. `cut`: so does every later one,
 * as after a power cut.
 */
export type DiskFault = 'none' | 'full' | 'broken' | 'short' | 'cut';

class PowerCut extends Error {}

let fault: DiskFault = 'none';
let failAt = 0;
let count = 0;
let log: string[] = [];

/** Runs `work` with its change of that number going wrong; gives what came of it and the changes that were made. */
export async function withDiskFault<T>(
  kind: DiskFault,
  number: number,
  work: () => Promise<T>,
): Promise<{ readonly value?: T; readonly error?: unknown; readonly changes: readonly string[] }> {
  [fault, failAt, count, log] = [kind, number, 0, []];
  try {
    return { value: await work(), changes: log };
  } catch (error) {
    return { error, changes: log };
  } finally {
    fault = 'none';
  }
}

/** Whether the change that is about to be made is the one that goes wrong. Waiting for a folder takes no room. */
function goesWrong(change: string, takesRoom = true): boolean {
  if (!takesRoom && fault !== 'cut' && fault !== 'none') return false;
  count += 1;
  log.push(change);
  if (fault === 'cut' && count > failAt) throw new PowerCut(change);
  return fault !== 'none' && count === failAt;
}

function failure(change: string): Error {
  if (fault === 'cut') return new PowerCut(change);
  const code = fault === 'broken' ? 'EIO' : 'ENOSPC';
  return Object.assign(
    new Error(`${code}: ${fault === 'broken' ? 'i/o error' : 'no space left on device'}, ${change}`),
    {
      code,
      syscall: 'write',
    },
  );
}

const isForWriting = (flags: string | number | undefined): boolean =>
  typeof flags === 'number'
    ? (flags & (constants.O_WRONLY | constants.O_RDWR)) !== 0
    : (flags ?? 'r') !== 'r';

export function faultyFs(real: Fs): Fs {
  const guarded =
    <A extends readonly unknown[], R>(name: string, work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const change = `${name} ${basename(String(args.at(name === 'link' || name === 'rename' ? 1 : 0)))}`;
      if (goesWrong(change)) throw failure(change);
      return work(...args);
    };

  const handle = (file: Handle, name: string, writable: boolean): Handle =>
    new Proxy(file, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        if (key === 'writeFile' || key === 'write') return writer(target, key, name);
        if (key !== 'sync') return value.bind(target);
        // No test loses power; waiting for the disk would only take its time.
        return async () => {
          if (goesWrong(`sync ${name}`, writable)) throw failure(`sync ${name}`);
        };
      },
    });

  const writer =
    (file: Handle, key: 'write' | 'writeFile', name: string) =>
    async (bytes: Uint8Array, ...rest: number[]): Promise<unknown> => {
      const wrong = goesWrong(`write ${name}`);
      const [offset = 0, length = bytes.length, position] = rest;
      if (wrong) {
        const half = Math.floor(length / 2);
        await file.write(bytes, offset, half, position ?? null);
        if (fault !== 'short') throw failure(`write ${name}`);
        if (key === 'write') return { bytesWritten: half, buffer: bytes };
        // What `writeFile` itself does after a short write.
        await file.writeFile(bytes.subarray(half));
        return undefined;
      }
      return key === 'write' ? file.write(bytes, offset, length, position ?? null) : file.writeFile(bytes);
    };

  const open = (async (...args: Parameters<Fs['open']>) => {
    const [path, flags] = args;
    const name = basename(String(path));
    if (!isForWriting(flags)) return handle(await real.open(...args), name, false);
    if (goesWrong(`open ${name}`)) throw failure(`open ${name}`);
    return handle(await real.open(...args), name, true);
  }) as Fs['open'];

  const faulty = {
    ...real,
    open,
    mkdir: guarded('mkdir', real.mkdir) as Fs['mkdir'],
    mkdtemp: guarded('mkdtemp', real.mkdtemp as (prefix: string) => Promise<string>) as Fs['mkdtemp'],
    rename: guarded('rename', real.rename),
    link: guarded('link', real.link),
    // Room is never wanting to remove something; after a power cut nothing is removed any more.
    rm: (async (...args: Parameters<Fs['rm']>) => {
      if (fault === 'cut' && count >= failAt) throw new PowerCut('rm');
      return real.rm(...args);
    }) as Fs['rm'],
  };
  return { ...faulty, default: faulty } as unknown as Fs;
}
