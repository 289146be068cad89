import chalk from 'chalk';
import { printable } from '../../core/printable.ts';
import { formatSize } from '../../core/sizes.ts';
import { parseTime, type Seconds } from '../../core/time.ts';
import type { RepositoryReport } from '../../verify/repository.ts';
import { table } from './table.ts';
import { expiryText } from './time.ts';

/** More than a person reads; --json has all. */
const MOST_FAULTS = 100;
const MOST_OBJECTS = 10;

/** A verification of a repository for a person: what there is, every fault, the verdict last. */
export function repositoryLines(report: RepositoryReport, seconds: number): string[] {
  const now = parseTime(report.at);
  return [
    `${chalk.bold(printable(report.store))}, judged at ${report.at}`,
    ...roleTable(report, now),
    ...productLines(report),
    ...unreferencedLines(report),
    ...report.unchecked.map(
      (role) => `  ${chalk.yellow(`nothing that only ${printable(role)} vouches for was checked`)}`,
    ),
    ...faultLines(report),
    verdict(report, seconds),
  ];
}

const roleTable = (report: RepositoryReport, now: Seconds): string[] =>
  table(
    [{ title: '  role' }, { title: 'version', align: 'right' }, { title: 'signed by' }, { title: 'expires' }],
    report.roles.map(({ role, version, signed, threshold, keys, expires }) => [
      `  ${role}`,
      String(version),
      `${signed.map((keyid) => keyid.slice(0, 16)).join(', ')} (${threshold} of ${keys} needed)`,
      expiryText(role, parseTime(expires), now),
    ]),
  );

function productLines({ releases, channels, unpublished }: RepositoryReport): string[] {
  const products = new Set([...releases, ...channels].map(({ product }) => product));
  const lines = [...products].map((product) => {
    const own = releases.filter((release) => release.product === product);
    const versions = own.filter(({ archived }) => !archived).map(({ version }) => version);
    const archived = own.length - versions.length;
    const [first, last] = [versions[0], versions.at(-1)];
    const range = first === undefined || first === last ? (first ?? 'none') : `${first} to ${last}`;
    const gives = channels
      .filter((channel) => channel.product === product)
      .map(({ channel, release }) => `${channel} gives ${release ?? 'nothing'}`);
    return `  ${chalk.bold(product)}: ${count(versions.length, 'release')} (${[range, ...gives].join('; ')})${archived === 0 ? '' : `, ${archived} archived`}`;
  });
  return [
    ...lines,
    ...unpublished.map((role) => `  ${printable(role)}: delegated to, nothing published yet`),
  ];
}

function unreferencedLines({ unreferenced }: RepositoryReport): string[] {
  if (!unreferenced) return [chalk.dim('  (this store does not tell what else it holds)')];
  const { superseded, others } = unreferenced;
  const total = [...superseded, ...others].reduce((sum, { length }) => sum + length, 0);
  if (superseded.length + others.length === 0) return [];
  return [
    `  not referenced: ${count(superseded.length, 'earlier version')} of roles, ` +
      `${count(others.length, 'other object')}, ${formatSize(total)}`,
    ...others.slice(0, MOST_OBJECTS).map(({ key }) => `    ${printable(key)}`),
    ...more(others.length, MOST_OBJECTS),
  ];
}

const faultLines = ({ faults }: RepositoryReport): string[] => [
  ...faults
    .slice(0, MOST_FAULTS)
    .flatMap(({ where, code, message, hint }) => [
      `${chalk.red('✗')} ${chalk.bold(printable(where))} ${chalk.dim(`(${code})`)}`,
      `    ${printable(message)}`,
      `    ${chalk.cyan('Next:')} ${printable(hint)}`,
    ]),
  ...more(faults.length, MOST_FAULTS),
];

function verdict({ counts, quick, sound }: RepositoryReport, seconds: number): string {
  const { roles, releases, archived, channels, deltas, objects, bytes, bytesRead, faults } = counts;
  const what = [
    count(roles, 'role'),
    count(releases, 'release') + (archived === 0 ? '' : ` and ${archived} archived`),
    count(channels, 'channel'),
    count(deltas, 'delta'),
    `${count(objects, 'object')} of ${formatSize(bytes)}`,
  ].join(', ');
  const read = quick
    ? `payloads were looked for and not read: ${formatSize(bytesRead)} read`
    : `${formatSize(bytesRead)} read`;
  const title = sound
    ? chalk.green(quick ? 'Complete' : 'Sound')
    : chalk.red(`Not sound, ${count(faults, 'fault')}`);
  return `${title}: ${what}; ${read} in ${seconds.toFixed(1)} s`;
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

const more = (total: number, shown: number): string[] =>
  total > shown ? [`    … and ${total - shown} more; --json gives all`] : [];
