import { describe, expect, it } from 'vitest';
import type { Code } from '../../../src/core/errors.ts';
import type { JsonValue } from '../../../src/core/json/value.ts';
import { delegatesOf, delegationOf } from '../../../src/repository/delegations.ts';
import type { Delegations } from '../../../src/repository/model.ts';
import { parseTargets } from '../../../src/repository/parse-targets.ts';
import { refusal, TestClient } from '../../support/client.ts';
import { Forge, fileObject, keysObject, PAYLOAD, roleObject } from '../../support/forge.ts';
import { signerNamed } from '../../support/signers.ts';

const keys = { keyids: ['k'], threshold: 1 };
const bins = (bitLength: number, namePrefix = 'bin'): Delegations => ({
  keys: new Map(),
  roles: [],
  succinct: { ...keys, bitLength, namePrefix },
});

/** As python-tuf computes them, for the paths beside. */
const PATHS = ['a', 'a/b', 'gateway/1.0.0/radio', 'ä'];
const BINS: readonly (readonly [number, readonly string[]])[] = [
  [1, ['bin-1', 'bin-1', 'bin-1', 'bin-0']],
  [3, ['bin-6', 'bin-6', 'bin-4', 'bin-1']],
  [4, ['bin-c', 'bin-c', 'bin-8', 'bin-3']],
  [5, ['bin-19', 'bin-18', 'bin-11', 'bin-06']],
  [8, ['bin-ca', 'bin-c1', 'bin-89', 'bin-33']],
  [16, ['bin-ca97', 'bin-c14c', 'bin-8903', 'bin-33e6']],
  [17, ['bin-1952f', 'bin-18299', 'bin-11207', 'bin-067cd']],
  [31, ['bin-654bc089', 'bin-60a66ee0', 'bin-4481c623', 'bin-19f36b9f']],
  [32, ['bin-ca978112', 'bin-c14cddc0', 'bin-89038c47', 'bin-33e6d73f']],
];

describe('succinct hash bins', () => {
  it.each(BINS)('of %i bits have one bin for each path', (bitLength, names) => {
    for (const [index, path] of PATHS.entries()) {
      const name = names[index] ?? '';
      expect(delegatesOf(bins(bitLength), path)).toEqual([{ name, terminating: true }]);
      expect(delegationOf(bins(bitLength), name)).toMatchObject(keys);
    }
  });

  it.each(['bin-1f', 'bin-00'])('delegate to what is a bin: %s', (name) => {
    expect(delegationOf(bins(5), name)).toMatchObject(keys);
  });

  it.each(['bin-20', 'bin-1', 'bin-001', 'bin-1F', 'bin', 'bin-', 'bin-0x', 'bin--1', 'bon-00', 'x-bin-00'])(
    'and not to what is none: %s',
    (name) => expect(delegationOf(bins(5), name)).toBeUndefined(),
  );
});

const owner = signerNamed('owner of the bins');
const stranger = signerNamed('stranger');
const PATH = 'a/b';
const BIN = 'bin-c1';

/** `targets` delegates all to 256 bins, one of which lists a path. */
async function withBins(edit: (forge: Forge) => void = () => {}) {
  const forge = await Forge.make();
  forge.addTargets(BIN, { [PATH]: fileObject(PAYLOAD) });
  forge.signers.set(BIN, [owner]);
  forge.put(PATH, PAYLOAD);
  forge.set('targets', ['delegations'], {
    keys: keysObject(owner),
    succinct_roles: { ...roleObject(owner), bit_length: 8, name_prefix: 'bin' },
  });
  edit(forge);
  await forge.write(BIN);
  await forge.publish('targets');
  return new TestClient(forge.store, forge.bytes('root'));
}

describe('a client of a repository with succinct hash bins', () => {
  it('finds, verifies and reads a target in its bin', async () => {
    const repository = await (await withBins()).refresh();
    const target = await repository.get(PATH);
    expect(target.role).toBe(BIN);
    expect(await repository.read(target)).toEqual(PAYLOAD);
  });

  it('refuses a bin that another key signed', async () => {
    const client = await withBins((forge) => forge.signers.set(BIN, [stranger]));
    const repository = await client.refresh();
    await client.refuses('threshold-unmet', () => repository.find(PATH));
  });

  it('asks the one bin of a path and no other', async () => {
    const client = await withBins();
    const repository = await client.refresh();
    await client.refuses('role-unlisted', () => repository.find('gateway/1.0.0/radio'));
    await client.refuses('role-unlisted', () => repository.delegated('bin-100', repository.targets));
  });

  const BAD: readonly (readonly [string, string, JsonValue | undefined, RegExp, Code])[] = [
    ['no bits', 'bit_length', 0, /whole number from 1 to 32/, 'role-delegations'],
    ['more bits than are looked at', 'bit_length', 33, /whole number from 1 to 32/, 'role-delegations'],
    ['no number of bits', 'bit_length', undefined, /bit_length is missing/, 'role-delegations'],
    ['no prefix', 'name_prefix', undefined, /name_prefix is missing/, 'role-delegations'],
    ['a prefix that makes no role name', 'name_prefix', 'a\u0000', /must give a name/, 'role-name'],
    ['too high a threshold', 'threshold', 2, /whole number from 1 to 1/, 'role-signers'],
    ['no keys', 'keyids', [], /nobody could sign/, 'role-signers'],
    ['an unknown key', 'keyids', ['ff'], /not listed/, 'role-signers'],
  ];
  it.each(BAD)('refuses them with %s', async (_, field, value, message, code) => {
    const client = await withBins((forge) =>
      forge.set('targets', ['delegations', 'succinct_roles', field], value),
    );
    expect((await client.refuses(code)).message).toMatch(message);
  });

  it('refuses them beside other roles, and delegations with neither', async () => {
    const both = await withBins((forge) => forge.set('targets', ['delegations', 'roles'], []));
    expect((await both.refuses('role-delegations')).message).toContain('both roles and succinct_roles');
    const neither = await withBins((forge) =>
      forge.set('targets', ['delegations', 'succinct_roles'], undefined),
    );
    expect((await neither.refuses('role-delegations')).message).toContain('roles is missing');
  });
});

it('the digest of a path chooses among hash prefixes of any length', async () => {
  const forge = await Forge.make();
  const role = (name: string, prefixes: readonly string[]) => ({
    ...roleObject(forge.release),
    name,
    terminating: false,
    path_hash_prefixes: prefixes,
  });
  // SHA-256 of "a/b" begins with c14cddc0.
  forge.set(
    'targets',
    ['delegations', 'roles'],
    [role('whole', ['c14cddc0']), role('none', ['c14d', '14c']), role('some', ['0', 'c1'])],
  );
  const { signed } = parseTargets(await forge.write('targets'), 'targets.json');
  if (!signed.delegations) throw new Error('it delegates');
  expect(delegatesOf(signed.delegations, PATH).map(({ name }) => name)).toEqual(['whole', 'some']);
  forge.set('targets', ['delegations', 'roles', 0, 'path_hash_prefixes'], ['C1']);
  const bytes = await forge.write('targets');
  expect((await refusal(() => parseTargets(bytes, 'targets.json'))).message).toContain('lower-case hex');
});
