import chalk from 'chalk';
import type { Name } from '../../../core/names.ts';
import { formatTime } from '../../../core/time.ts';
import {
  type ArchivedRelease,
  type ArchiveIndex,
  parseArchiveIndex,
  parseArchivePage,
} from '../../../repository/archive.ts';
import { table } from '../../views/table.ts';
import { plainKind } from '../kind.ts';
import { documentOf, hasType } from '../subject.ts';

interface Index extends Omit<ArchiveIndex, 'counters'> {
  readonly counters: Readonly<Record<Name, number>>;
}

/** The list of a product's releases that are no longer live. */
export const archiveKind = plainKind<Index>({
  kind: 'archive',
  recognises: (subject) => hasType(subject, 'ota-archive'),
  read: async (subject) => {
    const { product, counters, pages } = parseArchiveIndex(documentOf(subject).bytes, subject.path);
    const highest = [...counters].map(([name, { counter }]) => [name, counter] as const);
    return { product, counters: Object.fromEntries(highest), pages };
  },
  lines: ({ product, counters, pages }) => [
    `${chalk.bold(`The archive of ${product}`)}, ${pages.reduce((sum, { count }) => sum + count, 0)} releases`,
    ...pages.map(({ first, last, count, sha256 }) => `  ${first} to ${last}, ${count}: page ${sha256}`),
    `  highest counters: ${Object.entries(counters)
      .map(([name, counter]) => `${name} ${counter}`)
      .join(', ')}`,
    chalk.dim(`  (the role ${product} signs for it, not this file)`),
  ],
});

/** One page of an archive. */
export const archivePageKind = plainKind<{ readonly releases: readonly ArchivedRelease[] }>({
  kind: 'archive-page',
  recognises: (subject) => hasType(subject, 'ota-archive-page'),
  read: async (subject) => ({ releases: parseArchivePage(documentOf(subject).bytes, subject.path) }),
  lines: ({ releases }) => [
    `${chalk.bold('A page of an archive')}, ${releases.length} releases`,
    ...table(
      [{ title: '  release' }, { title: 'archived' }, { title: 'manifest' }],
      releases.map(({ version, archived, manifest }) => [
        `  ${version}`,
        formatTime(archived),
        manifest.sha256.slice(0, 16),
      ]),
    ),
    chalk.dim('  (the archive names its digest, and the role signs for the archive)'),
  ],
});
