import { expect, test } from 'vitest';
import { repositoryLines } from '../../../../src/cli/views/verify-repository.ts';
import type { RepositoryReport } from '../../../../src/verify/repository.ts';

const KEYID = 'a'.repeat(64);
const EVIL = '\u001b]0;x\u0007\u202e';

const report = (changes: Partial<RepositoryReport> = {}): RepositoryReport => ({
  store: './repository',
  at: '2026-01-01T00:00:00Z',
  quick: false,
  sound: true,
  roots: { first: 1, last: 1 },
  roles: [
    {
      role: 'timestamp',
      version: 3,
      expires: '2026-01-05T00:00:00Z',
      key: 'metadata/timestamp.json',
      signed: [KEYID],
      threshold: 1,
      keys: 2,
      length: 400,
    },
  ],
  releases: [],
  channels: [],
  unpublished: [],
  counts: {
    roles: 1,
    releases: 0,
    archived: 0,
    channels: 0,
    deltas: 0,
    objects: 1,
    bytes: 2048,
    bytesRead: 2048,
    faults: 0,
  },
  faults: [],
  unchecked: [],
  ...changes,
});

const textOf = (shown: RepositoryReport): string => repositoryLines(shown, 1.25).join('\n');

test('a sound repository: its roles, and the verdict last', () => {
  const text = textOf(report());
  expect(text).toMatch(/timestamp +3 {2}a{16} \(1 of 2 needed\) +2026-01-05T00:00:00Z, in 4 days/);
  expect(text.split('\n').at(-1)).toBe(
    'Sound: 1 role, 0 releases, 0 channels, 0 deltas, 1 object of 2.0 KiB; 2.0 KiB read in 1.3 s',
  );
});

test('a quick look is not called sound', () => {
  expect(textOf(report({ quick: true }))).toContain('Complete: 1 role');
});

test('a store that cannot be listed says so; one that can shows what is left over, at most ten by name', () => {
  expect(textOf(report())).toContain('this store does not tell what else it holds');
  const others = Array.from({ length: 12 }, (_, index) => ({ key: `targets/stray-${index}`, length: 100 }));
  const text = textOf(report({ unreferenced: { superseded: [], others } }));
  expect(text).toContain('not referenced: 0 earlier versions of roles, 12 other objects, 1.2 KiB');
  expect(text.match(/targets\/stray-/g)).toHaveLength(10);
  expect(text).toContain('… and 2 more; --json gives all');
});

test('faults are shown up to a hundred, and the count is of all', () => {
  const fault = { where: 'a', code: 'digest-mismatch', message: 'is another', hint: 'Put it back.' } as const;
  const { counts } = report();
  const text = textOf(
    report({
      sound: false,
      faults: Array.from({ length: 130 }, () => fault),
      counts: { ...counts, faults: 130 },
    }),
  );
  expect(text.match(/✗ a \(digest-mismatch\)/g)).toHaveLength(100);
  expect(text).toContain('… and 30 more; --json gives all');
  expect(text).toContain('Not sound, 130 faults:');
});

test('nothing that a repository says reaches the terminal as a control', () => {
  const text = textOf(
    report({
      sound: false,
      unchecked: [EVIL],
      unpublished: [EVIL],
      faults: [{ where: EVIL, code: 'role-invalid', message: EVIL, hint: EVIL }],
      unreferenced: { superseded: [], others: [{ key: EVIL, length: 1 }] },
    }),
  );
  const plain = text.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '');
  for (const line of plain.split('\n')) expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
});
