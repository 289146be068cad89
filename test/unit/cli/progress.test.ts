import { stripVTControlCharacters } from 'node:util';
import chalk from 'chalk';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { progressView } from '../../../src/cli/progress.ts';

const ESCAPE = String.fromCharCode(27);
const CLEAR = `\r${ESCAPE}[2K`;

/** What was written to a terminal of this many columns. */
function terminal(columns: number, isTTY = true) {
  const written: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  for (const [name, value] of Object.entries({ columns, isTTY })) {
    Object.defineProperty(process.stderr, name, { value, configurable: true, writable: true });
  }
  return {
    written,
    lines: () => written.filter((text) => text !== CLEAR).map((text) => text.slice(CLEAR.length)),
  };
}

const before = { columns: process.stderr.columns, isTTY: process.stderr.isTTY };
beforeEach(() => {
  chalk.level = 1;
  vi.useFakeTimers({ now: 1_000_000 });
  vi.stubEnv('CI', '');
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  Object.assign(process.stderr, before);
});

describe('progressView', () => {
  it.each([
    ['asked not to', () => terminal(80), false],
    ['stderr is no terminal', () => terminal(80, false), true],
    [
      'it is in CI',
      () => {
        vi.stubEnv('CI', 'true');
        return terminal(80);
      },
      true,
    ],
  ] as const)('writes nothing when %s', (_, make, enabled) => {
    const { written } = make();
    const view = progressView({ enabled });
    view.report({ task: 'hash', done: 1, total: 2 });
    view.clear();
    expect(written).toEqual([]);
  });

  it('draws one line over itself: task, bar, part, bytes, then rate and time left', () => {
    const { written, lines } = terminal(120);
    const view = progressView({ enabled: true });
    view.report({ task: 'hash linux', done: 0, total: 4096 });
    vi.advanceTimersByTime(1000);
    view.report({ task: 'hash linux', done: 1024, total: 4096 });
    expect(written.every((text) => text.startsWith(CLEAR) && !text.includes('\n'))).toBe(true);
    const [first, second] = lines().map(stripVTControlCharacters);
    expect(first).toBe(`hash linux  ${'━'.repeat(24)} 0%  0 B of 4.0 KiB`);
    expect(second).toBe(`hash linux  ${'━'.repeat(24)} 25%  1.0 KiB of 4.0 KiB  1.0 KiB/s  3 s left`);
  });

  it('follows the rate of the last ten seconds, and counts the time left in minutes and hours', () => {
    const { lines } = terminal(120);
    const view = progressView({ enabled: true });
    const total = 1024 * 40_000;
    // Fast at first, as when parts are there already, then a kibibyte a second.
    for (let second = 0; second <= 30; second += 1) {
      view.report({ task: 'upload', done: second === 0 ? 0 : 1024 * (10_000 + second), total });
      vi.advanceTimersByTime(1000);
    }
    const last = stripVTControlCharacters(lines().at(-1) ?? '');
    expect(last).toContain('9.8 MiB of 39.1 MiB  1.0 KiB/s  8 h 20 min left');
    view.report({ task: 'upload', done: total - 1024 * 300, total });
    expect(stripVTControlCharacters(lines().at(-1) ?? '')).toMatch(/ \d s left$/);
  });

  it('counts what is not bytes by its name', () => {
    const { lines } = terminal(100);
    const view = progressView({ enabled: true });
    view.report({ task: 'simulate', done: 12_000, total: 50_000, unit: 'devices' });
    view.report({ task: 'count', done: 1200, unit: 'devices' });
    const [first, second] = lines().map(stripVTControlCharacters);
    expect(first).toBe(`simulate  ${'━'.repeat(24)} 24%  12,000 of 50,000 devices`);
    expect(second).toBe('count  1,200');
  });

  it('shows bytes alone where the whole is not known', () => {
    const { lines } = terminal(80);
    progressView({ enabled: true }).report({ task: 'read', done: 2048 });
    expect(lines().map(stripVTControlCharacters)).toEqual(['read  2.0 KiB']);
  });

  it('draws at most every 80 ms, but each new task and each end', () => {
    const { lines } = terminal(80);
    const { report } = progressView({ enabled: true });
    report({ task: 'a', done: 1, total: 9 });
    report({ task: 'a', done: 2, total: 9 });
    vi.advanceTimersByTime(79);
    report({ task: 'a', done: 3, total: 9 });
    vi.advanceTimersByTime(1);
    report({ task: 'a', done: 4, total: 9 });
    report({ task: 'a', done: 9, total: 9 });
    report({ task: 'b', done: 1, total: 9 });
    expect(lines().map((line) => stripVTControlCharacters(line).replace(/━+ /, ''))).toEqual(
      ['a   11%  1 B of 9 B', 'a   44%  4 B of 9 B', 'a   100%  9 B of 9 B', 'b   11%  1 B of 9 B'].map(
        (line) => line.replace('   ', '  '),
      ),
    );
  });

  it('takes its line away once, and only when there is one', () => {
    const { written } = terminal(80);
    const view = progressView({ enabled: true });
    view.clear();
    view.report({ task: 'a', done: 1, total: 2 });
    view.clear();
    view.clear();
    expect(written.filter((text) => text === CLEAR)).toHaveLength(1);
  });

  it.each([20, 40, 60, 80, 100])(
    'stays on one line of %d columns, and ends every colour that it begins',
    (columns) => {
      const { lines } = terminal(columns);
      const { report } = progressView({ enabled: true });
      for (let length = 1; length <= 120; length += 1) {
        report({ task: 'x'.repeat(length), done: 500_000, total: 1_000_000 });
        vi.advanceTimersByTime(2000);
        report({ task: 'x'.repeat(length), done: 900_000, total: 1_000_000 });
        report({ task: `read ${'x'.repeat(length)}`, done: 900_000 });
      }
      if (columns > 40) expect(lines().some((line) => line.includes(`${ESCAPE}[36m`))).toBe(true);
      for (const line of lines()) {
        expect(stripVTControlCharacters(line).length).toBeLessThan(columns);
        const codes = [...line.matchAll(new RegExp(`${ESCAPE}\\[(\\d+)m`, 'g'))].map(([, code]) => code);
        expect(codes.filter((code) => code === '36' || code === '2')).toHaveLength(
          codes.filter((code) => code === '39' || code === '22').length,
        );
        expect(line.replaceAll(new RegExp(`${ESCAPE}\\[\\d+m`, 'g'), '')).not.toContain(ESCAPE);
      }
    },
  );
});
