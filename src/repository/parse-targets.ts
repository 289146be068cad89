import type { Cursor } from '../core/json/cursor.ts';
import { binName, MAX_BIT_LENGTH } from './delegations.ts';
import { MEDIA_FIELD, mediaProfileOf } from './media-profile.ts';
import type {
  DelegatedPaths,
  DelegatedRole,
  Delegations,
  Metadata,
  Sha512File,
  SuccinctRoles,
  TargetFile,
  Targets,
  Unknown,
} from './model.ts';
import { checkTargetPath, isRoleName } from './names.ts';
import { parseRole, part } from './parse.ts';
import { type KnownKeys, readKeys, roleKeys } from './parse-keys.ts';
import { strongHash } from './parse-meta.ts';

const MAX_TARGETS = 100_000;
const MAX_DELEGATIONS = 10_000;
const MAX_PATTERN = 1024;
const FIELDS = ['_type', 'spec_version', 'version', 'expires', 'targets', 'delegations', MEDIA_FIELD];

/** Reads a targets role, top-level or delegated (TUF 1.0.34, section 4.5). @throws OtaError as `parseRole` */
export const parseTargets = (bytes: Uint8Array, where: string): Metadata<Targets> =>
  parseRole(bytes, where, 'targets', (signed, head) => {
    const delegated = signed.optional('delegations');
    const media = signed.optional(MEDIA_FIELD);
    return {
      type: 'targets',
      ...head,
      ...targetFiles(signed.field('targets')),
      ...(delegated === undefined
        ? {}
        : { delegations: part('role-delegations', () => delegations(delegated)) }),
      ...(media === undefined ? {} : { media: part('media-profile-invalid', () => mediaProfileOf(media)) }),
      ...unknown(signed, FIELDS),
    };
  });

function targetFiles(at: Cursor): Pick<Targets, 'targets' | 'sha512Targets'> {
  const targets = new Map<string, TargetFile>();
  const sha512Targets = new Map<string, Sha512File>();
  for (const [path, item] of at.entries(MAX_TARGETS)) {
    const file = targetFile(item);
    checkTargetPath(path, item.path);
    if (file.sha512 === undefined) targets.set(path, file);
    else sha512Targets.set(path, file);
  }
  return { targets, ...(sha512Targets.size === 0 ? {} : { sha512Targets }) };
}

function targetFile(at: Cursor): TargetFile | Sha512File {
  const custom = at.optional('custom');
  return {
    length: at.field('length').integer(),
    ...part('target-hash', () => strongHash(at.field('hashes'))),
    ...(custom === undefined ? {} : { custom: custom.object() }),
    ...unknown(at, ['length', 'hashes', 'custom']),
  };
}

function delegations(at: Cursor): Delegations {
  const known = part('role-keys', () => readKeys(at.field('keys')));
  const others = unknown(at, ['keys', 'roles', 'succinct_roles']);
  const succinct = at.optional('succinct_roles');
  if (succinct !== undefined) {
    if (at.optional('roles') !== undefined) at.fail('has both roles and succinct_roles');
    return { ...known, roles: [], succinct: succinctRoles(succinct, known), ...others };
  }
  const roles = at
    .field('roles')
    .array(MAX_DELEGATIONS)
    .map((item) => delegatedRole(item, known));
  if (new Set(roles.map((role) => role.name)).size < roles.length)
    at.field('roles').fail('names one role twice');
  return { ...known, roles, ...others };
}

/** Hash bins (TAP 15). Their names are made from the prefix, so it has to give names that a role may have. */
function succinctRoles(at: Cursor, known: KnownKeys): SuccinctRoles {
  const bins = {
    ...part('role-signers', () => roleKeys(at, known)),
    bitLength: at.field('bit_length').integer(1, MAX_BIT_LENGTH),
    namePrefix: at.field('name_prefix').string(),
  };
  if (!isRoleName(binName(bins, 0))) part('role-name', () => at.field('name_prefix').fail(NO_ROLE_NAME));
  return bins;
}

const NO_ROLE_NAME =
  "must give a name of 1 to 128 characters that is neither a top-level role's nor a device's";

function delegatedRole(at: Cursor, known: KnownKeys): DelegatedRole {
  const name = at.field('name');
  if (!isRoleName(name.string())) {
    part('role-name', () => name.fail(`${NO_ROLE_NAME}, not ${JSON.stringify(name.string())}`));
  }
  return {
    name: name.string(),
    terminating: at.field('terminating').boolean(),
    ...part('role-signers', () => roleKeys(at, known)),
    ...delegatedPaths(at),
    ...unknown(at, ['name', 'terminating', 'keyids', 'threshold', 'paths', 'path_hash_prefixes']),
  };
}

function delegatedPaths(at: Cursor): DelegatedPaths {
  const paths = at.optional('paths');
  const prefixes = at.optional('path_hash_prefixes');
  if ((paths === undefined) === (prefixes === undefined))
    at.fail('needs one of paths and path_hash_prefixes');
  if (paths !== undefined) return { paths: paths.array().map(pattern) };
  return { pathHashPrefixes: (prefixes?.array() ?? []).map(hashPrefix) };
}

function unknown(at: Cursor, known: readonly string[]): { readonly unknown?: Unknown } {
  const others = Object.entries(at.object()).filter(([name]) => !known.includes(name));
  return others.length === 0 ? {} : { unknown: Object.fromEntries(others) };
}

const pattern = (at: Cursor): string =>
  at.string().length <= MAX_PATTERN ? at.string() : at.fail(`is longer than ${MAX_PATTERN} characters`);

const hashPrefix = (at: Cursor): string =>
  at.match((text): text is string => /^[0-9a-f]{1,64}$/.test(text), '1 to 64 digits of lower-case hex');
