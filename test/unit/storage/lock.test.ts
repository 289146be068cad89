import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from '../../../src/storage/lock.ts';
import { isDead, type Owner, printOwner, readOwner, thisOwner } from '../../../src/storage/lock-owner.ts';

let scratch = '';
let path = '';
let lock = '';
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ota-lock-'));
  path = join(scratch, 'timestamp.json');
  lock = join(scratch, '.timestamp.json.lock');
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

/** Above every process number that Linux gives out. */
const NOBODY = 2 ** 22 + 1;
const leave = (owner: Owner): void => writeFileSync(lock, printOwner(owner));

test('names its owner while it is held, and is gone afterwards, also after a failure', async () => {
  const me = await thisOwner();
  await withLock(path, async () => {
    expect(readOwner(await readFile(lock, 'utf8'))).toMatchObject({ ...me, nonce: expect.any(String) });
  });
  expect(readdirSync(scratch)).toEqual([]);
  await expect(
    withLock(path, async () => {
      throw new Error('inside');
    }),
  ).rejects.toThrow('inside');
  expect(readdirSync(scratch)).toEqual([]);
});

test('two never hold it at once', async () => {
  let inside = 0;
  let most = 0;
  const enter = () =>
    withLock(path, async () => {
      inside += 1;
      most = Math.max(most, inside);
      await sleep(3);
      inside -= 1;
    });
  await Promise.all(Array.from({ length: 20 }, enter));
  expect(most).toBe(1);
});

test('what dead processes left again and again is taken over, by one of many', async () => {
  const dead = { ...(await thisOwner()), pid: NOBODY };
  let inside = 0;
  let most = 0;
  const enter = async () => {
    for (let round = 0; round < 20; round += 1) {
      await withLock(path, async () => {
        inside += 1;
        most = Math.max(most, inside);
        await sleep(1);
        inside -= 1;
      });
      // As if a process had taken the lock in this moment, and died.
      try {
        writeFileSync(lock, printOwner({ ...dead, nonce: randomUUID() }), { flag: 'wx' });
      } catch {
        // Someone holds it, and lives.
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, enter));
  await withLock(path, async () => {});
  expect(most).toBe(1);
  expect(readdirSync(scratch)).toEqual([]);
});

test('what was left before a restart of this machine is taken over', async () => {
  leave({ ...(await thisOwner()), boot: 'an earlier one', pid: process.pid });
  await withLock(path, async () => {});
  expect(existsSync(lock)).toBe(false);
});

test.each([
  ['of a living process', {}],
  ['of another machine', { host: 'elsewhere', pid: NOBODY }],
  ['of another container', { space: 'pid:[1]', pid: NOBODY }],
])('one %s is waited for, then refused with what to do', async (_, change) => {
  leave({ ...(await thisOwner()), ...change });
  await expect(withLock(path, async () => {}, 60)).rejects.toMatchObject({
    code: 'store-conflict',
    hint: expect.stringContaining(lock),
  });
  expect(existsSync(lock)).toBe(true);
});

test('one that names nobody is never taken', async () => {
  writeFileSync(lock, '');
  await expect(withLock(path, async () => {}, 60)).rejects.toMatchObject({ code: 'store-conflict' });
});

test('the breaker of a process that died while it broke a lock is refused, not passed over', async () => {
  leave({ ...(await thisOwner()), pid: NOBODY });
  writeFileSync(`${lock}.break`, '');
  await expect(withLock(path, async () => {}, 60)).rejects.toMatchObject({
    code: 'store-conflict',
    hint: expect.stringContaining('.break'),
  });
});

test('an owner prints and reads back; what is cut short is no owner', () => {
  const line = fc.stringMatching(/^[!-~]{1,40}$/);
  fc.assert(
    fc.property(
      fc.record({
        nonce: line,
        host: line,
        boot: line,
        space: line,
        pid: fc.integer({ min: 1, max: 2 ** 31 }),
      }),
      fc.nat(),
      (owner, cut) => {
        const text = printOwner(owner);
        expect(readOwner(text)).toEqual(owner);
        expect(readOwner(text.slice(0, cut % text.length))).toBeUndefined();
      },
    ),
  );
});

test('this process is alive', async () => {
  const me = await thisOwner();
  expect(isDead(me, me)).toBe(false);
});
