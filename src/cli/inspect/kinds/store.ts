import { join } from 'node:path';
import chalk from 'chalk';
import { printable } from '../../../core/printable.ts';
import { formatSize } from '../../../core/sizes.ts';
import { formatTime } from '../../../core/time.ts';
import { table } from '../../views/table.ts';
import { expiryText } from '../../views/time.ts';
import type { Kind } from '../kind.ts';
import { type Overview, type OverviewRole, readOverview } from '../overview.ts';
import { folderOf } from '../subject.ts';

/** A repository's folder, the folder of its metadata, or a trust folder. */
export const storeKind: Kind = {
  kind: 'repository',
  recognises: (subject) =>
    subject.folder &&
    (subject.names.includes('metadata') || subject.names.some((name) => /^\d+\.root\.json$/.test(name))),
  inspect: async (subject, { now }) => {
    const { path, names } = folderOf(subject);
    const whole = names.includes('metadata');
    const overview = await readOverview(whole ? join(path, 'metadata') : path, whole ? path : undefined);
    const { roles, ...rest } = overview;
    return {
      found: { ...rest, roles: roles.map((role) => ({ ...role, expires: formatTime(role.expires) })) },
      lines: overviewLines(overview, path, now),
    };
  },
};

function overviewLines(overview: Overview, path: string, now: number): readonly string[] {
  const { roles, products, objects, bytes, unreadable } = overview;
  const what = objects === undefined ? 'A folder of metadata' : 'A repository';
  return [
    `${chalk.bold(what)}: ${printable(path)}` +
      (objects === undefined ? '' : `, ${objects} objects of ${formatSize(bytes ?? 0)}`),
    ...table(
      [
        { title: '  role' },
        { title: 'version', align: 'right' },
        { title: 'signatures' },
        { title: 'expires' },
      ],
      roles.map((role) => [
        `  ${role.role}`,
        String(role.version),
        signatureText(role),
        expiryText(role.role, role.expires, now),
      ]),
    ),
    ...products.map(
      ({ product, releases, channels }) =>
        `  ${chalk.bold(product)}: ${releases.length === 0 ? 'no release' : releases.join(', ')}` +
        channels.map(({ channel, release }) => `; ${channel} gives ${release ?? 'nothing'}`).join(''),
    ),
    ...unreadable.map(({ name, problem }) => `  ${chalk.red(printable(name))} ${printable(problem)}`),
    chalk.dim('  (shown as it stands, nothing was verified; ota verify --store does that)'),
  ];
}

function signatureText({ claimed, threshold, keys }: OverviewRole): string {
  if (threshold === undefined) return `${claimed.length}, needed: not known here`;
  const text = `${claimed.length} of ${keys?.length ?? 0} keys, ${threshold} needed`;
  return claimed.length < threshold ? chalk.yellow(text) : text;
}
