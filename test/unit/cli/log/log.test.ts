import { appendFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appendLog, logPath } from '../../../../src/cli/log/append.ts';
import { checkLog } from '../../../../src/cli/log/read.ts';
import { logStamp } from '../../../../src/cli/log/stamp.ts';
import { entryLines, logLines } from '../../../../src/cli/views/log.ts';
import { sha256 } from '../../../../src/core/digest.ts';
import { canonicalJson } from '../../../../src/core/json/canonical.ts';
import type { LogEntry, LogStep } from '../../../../src/keys/log/entry.ts';
import { freshFolder, modeOf } from '../../../support/folder.ts';
import { rejected } from '../../keys/thrown.ts';

const folder = freshFolder();
const STAMP = { by: 'ada@vault', tool: 'ota 1.2.3', at: '2026-01-02T03:04:05Z' };
const STEP: LogStep = { step: 'sign', what: 'root 3', keyid: 'a'.repeat(64), sha256: 'b'.repeat(64) };
const path = () => folder.at('keys', 'log.jsonl');
const append = (step: Partial<LogStep> = {}) => appendLog(path(), { ...STEP, ...step }, STAMP);
const lines = () => readFileSync(path(), 'utf8').split('\n').slice(0, -1);
const write = (...all: readonly string[]) => writeFileSync(path(), all.map((line) => `${line}\n`).join(''));
async function threeSteps(): Promise<readonly LogEntry[]> {
  return [await append(), await append({ what: 'targets 3' }), await append({ step: 'key-export' })];
}

describe('appendLog', () => {
  it('makes a private file, one line for each step, each with the hash of the one before', async () => {
    const [first, second, third] = await threeSteps();
    expect(modeOf(path())).toBe(0o600);
    expect(lines().map((line) => JSON.parse(line))).toEqual([first, second, third]);
    expect(first).toMatchObject({ ...STEP, ...STAMP, n: 1, previous: '0'.repeat(64) });
    expect(second).toMatchObject({ n: 2, previous: first?.hash });
    expect(third).toMatchObject({ n: 3, previous: second?.hash, step: 'key-export' });
    const { hash, ...rest } = first as LogEntry;
    expect(hash).toBe(sha256(canonicalJson({ ...rest })));
    expect(await checkLog(path())).toEqual({
      path: path(),
      entries: 3,
      head: third?.hash,
      first: STAMP.at,
      last: STAMP.at,
      cutOff: 0,
    });
    expect(existsSync(folder.at('keys', '.log.jsonl.lock'))).toBe(false);
  });

  it('loses no step of many at once', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, index) => append({ what: `root ${index}` })));
    const seen: string[] = [];
    expect((await checkLog(path(), undefined, ({ what }) => seen.push(what))).entries).toBe(20);
    expect(new Set(seen).size).toBe(20);
  });

  it('goes on after a crash in the middle of a line, wherever that was', async () => {
    const [first] = await threeSteps();
    const whole = readFileSync(path());
    const secondEnd = whole.indexOf('\n', whole.indexOf('\n') + 1) + 1;
    for (const size of [secondEnd, secondEnd + 1, secondEnd + 100, whole.length - 1]) {
      writeFileSync(path(), whole);
      truncateSync(path(), size);
      expect(await checkLog(path())).toMatchObject({ entries: 2, cutOff: size - secondEnd });
      expect(await append()).toMatchObject({ n: 3 });
      expect(await checkLog(path(), first?.hash)).toMatchObject({ entries: 3, cutOff: 0 });
    }
    // A first line that was never finished.
    writeFileSync(path(), whole.subarray(0, 50));
    expect(await append()).toMatchObject({ n: 1 });
    expect((await checkLog(path())).entries).toBe(1);
  });

  it('appends nothing to what is no log, or whose last line was changed', async () => {
    await threeSteps();
    const [a = '', b = '', c = ''] = lines();
    for (const all of [[''], ['x'], [a, ''], [a, b, c.replace('key-export', 'sign')], ['x'.repeat(40_000)]]) {
      write(...all);
      const before = readFileSync(path());
      expect(await rejected(append())).toMatchObject({ code: 'log-broken', exitCode: 4 });
      expect(readFileSync(path())).toEqual(before);
    }
    write(a, b, c);
    expect(await append()).toMatchObject({ n: 4 });
  });

  it('keeps a line of any text a line', () =>
    fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 2000 }), async (what) => {
        writeFileSync(folder.at('log'), '');
        const entry = await appendLog(folder.at('log'), { ...STEP, what, key: what }, STAMP);
        const seen: LogEntry[] = [];
        await checkLog(folder.at('log'), undefined, (item) => seen.push(item));
        expect(seen).toEqual([entry]);
        if ([...what].length <= 256) expect(entry.what).toBe(what);
      }),
      { numRuns: 30 },
    ));

  it('says that the folder cannot be made or written', async () => {
    writeFileSync(folder.at('file'), '');
    expect((await rejected(appendLog(folder.at('file', 'log'), STEP, STAMP))).code).toBe('output-exists');
    expect((await rejected(appendLog(folder.path, STEP, STAMP))).code).toBe('input-directory');
  });
});

describe('checkLog', () => {
  it('names the first line that was changed, taken out, put in, moved or written anew', async () => {
    await threeSteps();
    const [a = '', b = '', c = ''] = lines();
    const renumbered = JSON.stringify({ ...JSON.parse(c), n: 2 });
    for (const [all, line] of [
      [[a, b.replace('targets 3', 'targets 4'), c], 2],
      [[a, b.replace('ada', 'eve'), c], 2],
      [[a, c], 2],
      [[a, renumbered], 2],
      [[b, c], 1],
      [[a, a, b, c], 2],
      [[a, c, b], 2],
      [[a, b, c.replace('key-export', 'sign')], 3],
      [[a, '', b, c], 2],
      [[a, b, `${c} x`], 3],
      [[a, b.replace('"by"', '"x":1,"by"'), c], 2],
      [[a, b.replace('2026-01-02', '2026-02-30'), c], 2],
      [[a, b, 'x'.repeat(10_000)], 3],
    ] as const) {
      write(...all);
      expect(await rejected(checkLog(path()))).toMatchObject({
        code: 'log-broken',
        exitCode: 4,
        where: `${path()}:${line}`,
      });
    }
    write(a, b, c);
    expect((await checkLog(path())).entries).toBe(3);
  });

  it('notices by a head that was written down that the end is gone, or all was written anew', async () => {
    const [, second, third] = await threeSteps();
    expect((await checkLog(path(), second?.hash)).entries).toBe(3);
    write(...lines().slice(0, 2));
    expect((await checkLog(path(), second?.hash)).entries).toBe(2);
    expect(await rejected(checkLog(path(), third?.hash))).toMatchObject({
      code: 'log-broken',
      where: path(),
    });
  });

  it('reads an empty log, and says that there is none', async () => {
    writeFileSync(folder.at('empty'), '');
    expect(await checkLog(folder.at('empty'))).toMatchObject({ entries: 0, head: '0'.repeat(64) });
    expect((await rejected(checkLog(folder.at('none')))).code).toBe('input-missing');
  });

  it('reads a log of many pieces', async () => {
    await append();
    const seen: number[] = [];
    for (let count = 0; count < 60; count += 1) await append({ what: 'x'.repeat(500) });
    await checkLog(path(), undefined, ({ n }) => seen.push(n));
    expect(seen).toEqual(Array.from({ length: 61 }, (_, index) => index + 1));
  });
});

describe('what is shown', () => {
  it('has no control character of a log', async () => {
    const entry = await append({ what: '\u001b]0;x\u0007\u202e', key: '\u009b2J' });
    const text = entryLines(entry)
      .join('')
      .replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '');
    expect(text).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    expect(text).toContain('\\u202e');
  });

  it('says that a step was cut off', async () => {
    await append();
    appendFileSync(path(), '{"n":2');
    expect(logLines(await checkLog(path())).join('\n')).toContain('6 bytes of a step that was cut off');
  });
});

it('a stamp says who, with what and when', () => {
  expect(logStamp('1.2.3', 0)).toMatchObject({ tool: 'ota 1.2.3', at: '1970-01-01T00:00:00Z' });
  expect(logStamp('1.2.3', 0).by).toMatch(/^[^@]+@.+$/);
});

it('a log is beside the keys', () => {
  expect(logPath('/vault')).toBe('/vault/log.jsonl');
  expect(logPath()).toBe('keys/log.jsonl');
});
