import { describe, expect, it } from 'vitest';
import { DAY } from '../../../src/core/time.ts';
import { type BundlePolicy, retiring } from '../../../src/publish/retirement.ts';
import type { ArchivedRelease } from '../../../src/repository/archive.ts';
import { NOW } from '../../support/forge.ts';
import { version } from '../../support/release.ts';

const digest = { length: 1, sha256: 'a'.repeat(64) };
const release = (text: string, days: number, more: Partial<ArchivedRelease> = {}): ArchivedRelease => ({
  version: version(text),
  sequence: Number(text[0]),
  manifest: digest,
  signatures: digest,
  time: 0,
  archived: NOW - days * DAY,
  ...more,
});

/** Published one after the other, and archived so many days ago; the second is a security update. */
const ARCHIVED = [
  release('1.0.0', 100),
  release('2.0.0', 80, { security: true }),
  release('3.0.0', 60),
  release('4.0.0', 40),
];
/** Beside them there are two live ones. */
const newer = ({ sequence }: ArchivedRelease) => 6 - sequence;
const retired = (policy: BundlePolicy, archived: readonly ArchivedRelease[] = ARCHIVED) =>
  retiring(archived, newer, policy, NOW).map((found) => found.version);

describe('a bundle of an archived release is kept', () => {
  it.each<[string, BundlePolicy, string[]]>([
    ['always, without a policy', {}, []],
    ['always, where only security updates are spoken of', { security: DAY }, []],
    ['among the last so many that were published', { releases: 4 }, ['1.0.0', '2.0.0']],
    ['for so long after it was archived', { younger: 70 * DAY }, ['1.0.0', '2.0.0']],
    ['to the very day', { younger: 80 * DAY }, ['1.0.0', '2.0.0']],
    ['a second longer, no more', { younger: 80 * DAY + 1 }, ['1.0.0']],
    ['where either of them keeps it', { releases: 3, younger: 90 * DAY }, ['1.0.0']],
    [
      'of a security update for as long as it is supported',
      { releases: 0, security: 81 * DAY },
      ['1.0.0', '3.0.0', '4.0.0'],
    ],
    ['and no longer', { releases: 0, security: 80 * DAY }, ['1.0.0', '2.0.0', '3.0.0', '4.0.0']],
  ])('%s', (_, policy, expected) => {
    expect(retired(policy)).toEqual(expected);
  });

  it('no more once it was retired, which is said once', () => {
    const again = ARCHIVED.map((one) => ({ ...one, retired: NOW - DAY }));
    expect(retired({ releases: 0 }, again)).toEqual([]);
  });
});
