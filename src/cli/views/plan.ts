import chalk from 'chalk';
import { formatSize } from '../../core/sizes.ts';
import { formatTime } from '../../core/time.ts';
import type { PlanReport, RoleReport } from '../../publish/plan-report.ts';
import { archivedLines, deltaLines } from './publish.ts';
import { table } from './table.ts';

/** What a publish would do, for a person. */
export function planLines(plan: PlanReport): string[] {
  const title = `${plan.product} ${plan.version}`;
  if (!plan.changed)
    return [
      `${title} is published already on ${plan.channel} at ${plan.store}; there would be nothing to do.`,
    ];
  const missing = plan.roles.filter((role) => role.missing > 0).length;
  return [
    `Would publish ${chalk.bold(title)} on ${chalk.bold(plan.channel)} to ${plan.store}`,
    ...deltaLines(plan.deltas),
    ...uploadLines(plan),
    ...archivedLines(plan.archived),
    ...roleLines(plan.roles),
    ...(plan.given.length === 0
      ? []
      : [`  as they are: ${plan.given.map(({ role, version }) => `${role} ${version}`).join(', ')}`]),
    ...(plan.replaces === undefined ? [] : [`  replaced last: ${plan.replaces}`]),
    ...(plan.channelFrom === undefined || plan.channelFrom === plan.version
      ? []
      : [`  ${plan.channel}: ${plan.channelFrom} → ${plan.version}`]),
    ...wayLines(plan),
    `Nothing was written. ${formatSize(plan.uploadBytes)} would be sent` +
      `${plan.copyBytes === 0 ? '' : `, ${formatSize(plan.copyBytes)} copied within the store`}` +
      `${plan.presentBytes === 0 ? '' : `, ${formatSize(plan.presentBytes)} are there already`}` +
      `${missing === 0 ? '.' : `; keys are missing for ${missing} of the roles.`}`,
  ];
}

/** How devices get to the release that cannot install it over what they have. */
const wayLines = ({ through, stranded }: PlanReport): string[] => [
  ...(through.length === 0 ? [] : [`  some devices pass through ${through.join(', ')} first`]),
  ...stranded.map(
    ({ release, hardware, reasons }) =>
      `  ${chalk.yellow('left behind')}: ${release} on ${hardware}: ${reasons.join('; ')}`,
  ),
];

const ACTIONS = { upload: 'upload', copy: 'copy', present: 'is there' } as const;
const FROM = { bundle: 'the bundle', file: 'made now', memory: 'made now' } as const;

function uploadLines({ uploads }: PlanReport): string[] {
  if (uploads.length === 0) return [];
  return table(
    [{ title: '  object' }, { title: 'size', align: 'right' }, { title: '' }, { title: 'from' }],
    uploads.map(({ path, length, action, from }) => [
      `  ${path}`,
      formatSize(length),
      ACTIONS[action],
      action === 'copy' ? 'the store' : FROM[from],
    ]),
  );
}

const roleLines = (roles: readonly RoleReport[]): string[] =>
  table(
    [{ title: '  role' }, { title: 'version', align: 'right' }, { title: 'expires' }, { title: 'signed by' }],
    roles.map(({ role, version, replaces, expires, threshold, keyids, missing }) => [
      `  ${role}`,
      replaces === undefined ? String(version) : `${replaces} → ${version}`,
      formatTime(expires),
      `${threshold} of ${keyids.map((keyid) => keyid.slice(0, 16)).join(', ')}` +
        (missing === 0 ? '' : ` (${missing} missing here)`),
    ]),
  );
