import { printable } from '../../../core/printable.ts';
import { formatSize } from '../../../core/sizes.ts';
import { formatTime } from '../../../core/time.ts';
import { mediaProfileText } from '../../../repository/media-profile.ts';
import {
  type DelegatedRole,
  type Metadata,
  type MetaFile,
  type Root,
  type Snapshot,
  type SuccinctRoles,
  type Targets,
  type Timestamp,
  TOP_ROLES,
} from '../../../repository/model.ts';
import { parseSnapshot, parseTimestamp } from '../../../repository/parse-meta.ts';
import { parseRoot } from '../../../repository/parse-root.ts';
import { parseTargets } from '../../../repository/parse-targets.ts';
import { table } from '../../views/table.ts';

/** What a role's file means, by its type. */
export type RoleBody =
  | { readonly type: 'root'; readonly metadata: Metadata<Root> }
  | { readonly type: 'targets'; readonly metadata: Metadata<Targets> }
  | { readonly type: 'snapshot'; readonly metadata: Metadata<Snapshot> }
  | { readonly type: 'timestamp'; readonly metadata: Metadata<Timestamp> };

/** @throws OtaError `role-invalid`, `target-path`; `undefined` for another type */
export function parseBody(type: string, bytes: Uint8Array, where: string): RoleBody | undefined {
  if (type === 'root') return { type, metadata: parseRoot(bytes, where) };
  if (type === 'targets') return { type, metadata: parseTargets(bytes, where) };
  if (type === 'snapshot') return { type, metadata: parseSnapshot(bytes, where) };
  return type === 'timestamp' ? { type, metadata: parseTimestamp(bytes, where) } : undefined;
}

/** More than a person reads; --json has all. */
const MOST_TARGETS = 40;

/** What a role says, for a person. */
export function roleBodyLines(body: RoleBody): readonly string[] {
  switch (body.type) {
    case 'root':
      return rootLines(body.metadata.signed);
    case 'targets':
      return targetsLines(body.metadata.signed);
    case 'snapshot':
      return metaTable([...body.metadata.signed.meta]);
    case 'timestamp':
      return timestampLines(body.metadata.signed);
  }
}

const timestampLines = ({ snapshot, made }: Timestamp): string[] => [
  ...metaTable([['snapshot', snapshot]]),
  ...(made === undefined ? [] : [`  made at ${formatTime(made)}`]),
];

const rootLines = ({ roles, consistentSnapshot }: Root): string[] => [
  ...table(
    [{ title: '  role' }, { title: 'signed by' }],
    TOP_ROLES.map((name) => [`  ${name}`, keysText(roles[name])]),
  ),
  ...(consistentSnapshot ? [] : ['  consistent snapshots are off']),
];

const keysText = ({
  threshold,
  keyids,
}: {
  readonly threshold: number;
  readonly keyids: readonly string[];
}) => `${threshold} of ${keyids.length}: ${keyids.map((keyid) => keyid.slice(0, 16)).join(', ')}`;

function targetsLines({ targets, delegations, media }: Targets): string[] {
  const bytes = [...targets.values()].reduce((sum, { length }) => sum + length, 0);
  const roles = delegations?.roles ?? [];
  return [
    `  ${targets.size} ${targets.size === 1 ? 'target' : 'targets'}, ${formatSize(bytes)}`,
    ...table(
      [{ title: '    path' }, { title: 'bytes', align: 'right' }, { title: 'sha256' }],
      [...targets]
        .slice(0, MOST_TARGETS)
        .map(([path, { length, sha256 }]) => [`    ${printable(path)}`, String(length), sha256.slice(0, 16)]),
    ).slice(targets.size === 0 ? 1 : 0),
    ...(targets.size > MOST_TARGETS
      ? [`    … and ${targets.size - MOST_TARGETS} more; --json gives all`]
      : []),
    ...roles.map((role) => `  delegates ${delegationText(role)}`),
    ...(delegations?.succinct ? [`  delegates ${binsText(delegations.succinct)}`] : []),
    ...(media ? [`  ${mediaProfileText(media)}`] : []),
  ];
}

function delegationText(role: DelegatedRole): string {
  const what =
    role.paths?.map(printable).join(', ') ?? `${role.pathHashPrefixes?.length ?? 0} prefixes of path digests`;
  return `${what} to ${role.name}${role.terminating ? ', terminating' : ''}; signed by ${keysText(role)}`;
}

const binsText = (bins: SuccinctRoles): string =>
  `every path to one of ${2 ** bins.bitLength} bins named ${bins.namePrefix}-*; signed by ${keysText(bins)}`;

const metaTable = (meta: readonly (readonly [string, MetaFile])[]): string[] =>
  table(
    [
      { title: '  names' },
      { title: 'version', align: 'right' },
      { title: 'bytes', align: 'right' },
      { title: 'sha256' },
    ],
    meta.map(([name, { version, length, sha256 }]) => [
      `  ${name}`,
      String(version),
      length === undefined ? 'any' : String(length),
      sha256?.slice(0, 16) ?? 'any',
    ]),
  );
