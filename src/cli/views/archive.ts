import chalk from 'chalk';
import { formatSize } from '../../core/sizes.ts';
import { formatTime, type Seconds } from '../../core/time.ts';
import type { Recall, RecallMark } from '../../repository/recalls.ts';
import { recallText } from './channel.ts';
import { table } from './table.ts';

/** What "ota archive list" gives. */
export interface ArchiveList {
  readonly product: string;
  readonly store: string;
  /** Versions that are live, the last published first. */
  readonly live: readonly string[];
  /** The last published first. */
  readonly archived: readonly {
    readonly version: string;
    readonly sequence: number;
    readonly archived: Seconds;
    /** SHA-256 of the manifest. */
    readonly manifest: string;
    readonly recalled?: RecallMark;
    /** Since when its bundle is kept no longer. */
    readonly retired?: Seconds;
  }[];
  /** Live or archived. */
  readonly recalls: readonly Recall[];
}

/** A release that was verified by its own signatures. */
export interface VerifiedPastRelease {
  readonly version: string;
  readonly manifest: string;
  readonly signed: readonly string[];
  /** The version of the targets role whose release keys signed. */
  readonly targets: number;
  /** Bytes of payloads and extras. */
  readonly bytes: number;
}

export function archiveLines({ product, store, live, archived, recalls }: ArchiveList): string[] {
  const recalled = recalls.map(recallText);
  const summary = `${product} at ${store}: ${live.length} live (${live.join(', ')}), ${archived.length} archived`;
  if (archived.length === 0) return [summary, ...recalled];
  return [
    ...table(
      [
        { title: 'version' },
        { title: 'since role', align: 'right' },
        { title: 'archived' },
        { title: 'manifest' },
      ],
      archived.map((release) => [
        `${release.version}${release.recalled ? chalk.red(' recalled') : ''}${release.retired === undefined ? '' : chalk.dim(' retired')}`,
        String(release.sequence),
        formatTime(release.archived),
        release.manifest.slice(0, 16),
      ]),
    ),
    summary,
    ...recalled,
  ];
}

export const pastReleaseLine = (product: string, release: VerifiedPastRelease): string =>
  `${chalk.green('Genuine')}: ${chalk.bold(`${product} ${release.version}`)}, ${formatSize(release.bytes)}, signed by ` +
  `${release.signed.map((keyid) => keyid.slice(0, 16)).join(', ')} (release keys of targets ${release.targets})`;
