import { describe, expect, it } from 'vitest';
import type { Code } from '../../../src/core/errors.ts';
import type { JsonValue } from '../../../src/core/json/value.ts';
import { parseSnapshot, parseTimestamp } from '../../../src/repository/parse-meta.ts';
import { parseTargets } from '../../../src/repository/parse-targets.ts';
import { refusal } from '../../support/client.ts';
import { Forge } from '../../support/forge.ts';
import type { Path } from '../../support/json-edit.ts';

const DELEGATION: Path = ['delegations', 'roles', 0];

describe('targets', () => {
  const BAD: readonly (readonly [string, Path, JsonValue | undefined, RegExp, Code])[] = [
    ['neither kind of path', [...DELEGATION, 'paths'], undefined, /needs one of/, 'role-delegations'],
    ['both kinds of path', [...DELEGATION, 'path_hash_prefixes'], ['a'], /needs one of/, 'role-delegations'],
    [
      'no terminating',
      [...DELEGATION, 'terminating'],
      undefined,
      /terminating is missing/,
      'role-delegations',
    ],
    [
      'a pattern too long',
      [...DELEGATION, 'paths', 0],
      'a'.repeat(1025),
      /longer than 1024/,
      'role-delegations',
    ],
    ['an unknown key', [...DELEGATION, 'keyids', 0], 'ff', /not listed/, 'role-signers'],
    ['no keys', [...DELEGATION, 'keyids'], [], /nobody could sign/, 'role-signers'],
    ['a specification 2.0', ['spec_version'], '2.0.0', /1\.x/, 'role-spec-version'],
    ['a specification 1', ['spec_version'], '1', /1\.x/, 'role-spec-version'],
  ];
  it.each(BAD)('are refused with %s', async (_, path, value, message, code) => {
    const forge = await Forge.make();
    const bytes = await forge.set('targets', path, value).write('targets');
    const error = await refusal(() => parseTargets(bytes, 'targets.json'));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.where).toContain('targets.json');
  });

  it('are refused when they list one role twice', async () => {
    const forge = await Forge.make();
    const [role] = (forge.signed('targets').delegations as { roles: JsonValue[] }).roles;
    const bytes = await forge
      .set('targets', ['delegations', 'roles'], [role ?? null, role ?? null])
      .write('targets');
    expect((await refusal(() => parseTargets(bytes, 'targets.json'))).message).toContain('one role twice');
  });

  it.each(['a', '0123456789abcdef'.repeat(4)])('are read with the hash prefix %s', async (prefix) => {
    const forge = await Forge.make();
    forge
      .set('targets', [...DELEGATION, 'paths'], undefined)
      .set('targets', [...DELEGATION, 'path_hash_prefixes'], [prefix]);
    const { signed } = parseTargets(await forge.write('targets'), 'targets.json');
    expect(signed.delegations?.roles[0]?.pathHashPrefixes).toEqual([prefix]);
  });

  it.each(['', 'A', 'g', '0'.repeat(65)])('are refused with the hash prefix %j', async (prefix) => {
    const forge = await Forge.make();
    forge
      .set('targets', [...DELEGATION, 'paths'], undefined)
      .set('targets', [...DELEGATION, 'path_hash_prefixes'], [prefix]);
    const bytes = await forge.write('targets');
    expect((await refusal(() => parseTargets(bytes, 'targets.json'))).code).toBe('role-delegations');
  });

  it.each(['../x', '/etc/passwd', 'a\\b', 'a//b'])('are refused with the target %s', async (path) => {
    const forge = await Forge.make();
    const bytes = await forge
      .set('targets', ['targets', path], { length: 0, hashes: { sha256: '0'.repeat(64) } })
      .write('targets');
    expect((await refusal(() => parseTargets(bytes, 'targets.json'))).code).toBe('target-path');
  });
});

it('keeps fields that are not ours', async () => {
  const forge = await Forge.make();
  const bytes = await forge.set('timestamp', ['x-theirs'], { deep: [1] }).write('timestamp');
  expect(JSON.stringify(parseTimestamp(bytes, 'timestamp.json').document['x-theirs'])).toBe('{"deep":[1]}');
});

it('says what is wrong and where, with the cause', async () => {
  const forge = await Forge.make();
  const bytes = await forge.set('timestamp', ['version'], 0).write('timestamp');
  const error = await refusal(() => parseTimestamp(bytes, 'timestamp.json'));
  expect(error.message).toBe(
    'not valid timestamp metadata: timestamp.json.signed.version must be a whole number from 1 to 9007199254740991',
  );
  expect(error.where).toBe('timestamp.json.signed.version');
  expect(error.cause).toHaveProperty('code', 'shape-invalid');
});

it.each(['gateway', 'gateway.jso', '.json', 'gateway.json.json.'])(
  'a snapshot does not list the file %j',
  async (file) => {
    const forge = await Forge.make();
    const bytes = await forge.set('snapshot', ['meta', file], { version: 1 }).write('snapshot');
    const error = await refusal(() => parseSnapshot(bytes, 'snapshot.json'));
    expect(error.message).toContain('is not the file of a role');
  },
);
