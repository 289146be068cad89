import type { Cursor } from '../core/json/cursor.ts';
import type { PublicKey } from '../keys/public-key.ts';
import type { DelegatedPaths, DelegatedRole, Delegations, Metadata, TargetFile, Targets } from './model.ts';
import { checkTargetPath, isDelegatedName } from './names.ts';
import { parseRole } from './parse.ts';
import { keys, roleKeys } from './parse-keys.ts';
import { sha256Of } from './parse-meta.ts';

const MAX_TARGETS = 100_000;
const MAX_DELEGATIONS = 10_000;
const MAX_PATTERN = 1024;

/** Reads a targets role, top-level or delegated (TUF 1.0.34, section 4.5). @throws OtaError `role-invalid`, `target-path` */
export const parseTargets = (bytes: Uint8Array, where: string): Metadata<Targets> =>
  parseRole(bytes, where, 'targets', (signed, head) => {
    const delegated = signed.optional('delegations');
    return {
      type: 'targets',
      ...head,
      targets: new Map(
        signed
          .field('targets')
          .entries(MAX_TARGETS)
          .map(([path, at]) => [checkTargetPath(path, at.path), targetFile(at)]),
      ),
      ...(delegated === undefined ? {} : { delegations: delegations(delegated) }),
    };
  });

function targetFile(at: Cursor): TargetFile {
  const custom = at.optional('custom');
  return {
    length: at.field('length').integer(),
    sha256: sha256Of(at.field('hashes')),
    ...(custom === undefined ? {} : { custom: custom.object() }),
  };
}

function delegations(at: Cursor): Delegations {
  const known = keys(at.field('keys'));
  at.optional('succinct_roles')?.fail('are succinct hash bins (TAP 15), which this client does not read');
  const roles = at
    .field('roles')
    .array(MAX_DELEGATIONS)
    .map((item) => delegatedRole(item, known));
  if (new Set(roles.map((role) => role.name)).size < roles.length)
    at.field('roles').fail('names one role twice');
  return { keys: known, roles };
}

function delegatedRole(at: Cursor, known: ReadonlyMap<string, PublicKey>): DelegatedRole {
  const name = at.field('name');
  if (!isDelegatedName(name.string())) {
    name.fail(
      `must be a name of a-z, 0-9, "." and "-" that is not a top-level role's, not ${JSON.stringify(name.string())}`,
    );
  }
  return {
    name: name.string(),
    terminating: at.field('terminating').boolean(),
    ...roleKeys(at, known),
    ...delegatedPaths(at),
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

const pattern = (at: Cursor): string =>
  at.string().length <= MAX_PATTERN ? at.string() : at.fail(`is longer than ${MAX_PATTERN} characters`);

const hashPrefix = (at: Cursor): string =>
  at.match((text): text is string => /^[0-9a-f]{1,64}$/.test(text), '1 to 64 digits of lower-case hex');
