import { describe, expect, it } from 'vitest';
import { metadataKey } from '../../src/repository/layout.ts';
import { refusal, TestClient } from '../support/client.ts';
import { delegation, Forge } from '../support/forge.ts';

const BAD = [
  '../x',
  '..',
  '.',
  '',
  '/x',
  'a/b',
  'a\\b',
  'x?y',
  'x#y',
  'x%2fy',
  'CON',
  'con',
  'nul.x',
  'com1',
  'a b',
  'a\u0000',
  'Gateway',
  'ä',
  'a..b',
  'a.',
  '-a',
  '.a',
  'root',
  'targets',
  'snapshot',
  'timestamp',
  'x'.repeat(129),
  '__proto__',
];

describe('a role name that could be another path, URL or role', () => {
  it.each(BAD)('is refused in a delegation: %j', async (name) => {
    const forge = await Forge.make();
    await forge.publish('targets', [
      ['delegations', 'roles'],
      [delegation(name, ['gateway/*/*'], forge.release)],
    ]);
    const client = new TestClient(forge.store, forge.bytes('root'));
    await client.refuses('role-invalid');
    expect(forge.store.asked.at(-1)).toBe(forge.key('targets'));
  });

  it.each(BAD.filter((name) => name !== 'targets'))('is refused in a snapshot: %j', async (name) => {
    const forge = await Forge.make();
    const meta = new Map(Object.entries(forge.signed('snapshot').meta ?? {}));
    await forge
      .set('snapshot', ['meta'], Object.fromEntries(meta.set(`${name}.json`, { version: 1 })))
      .announceSnapshot();
    await new TestClient(forge.store, forge.bytes('root')).refuses('role-invalid');
  });

  it.each(['../x', 'a/b', 'con', ''])('makes no key: %j', async (name) => {
    expect((await refusal(() => metadataKey(name, 1))).code).toBe('role-invalid');
  });
});

it.each(['gateway', 'gateway.channels', '7', 'console', 'a-b.c'])(
  'a plain name is accepted: %s',
  async (name) => {
    const forge = await Forge.make();
    forge.addTargets(name, {});
    forge.signers.set(name, [forge.release]);
    await forge.write(name);
    await forge.publish('targets', [
      ['delegations', 'roles'],
      [delegation(name, ['other/*'], forge.release)],
    ]);
    const repository = await new TestClient(forge.store, forge.bytes('root')).refresh();
    expect((await repository.delegated(name, repository.targets)).signed.version).toBe(1);
  },
);
