import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskState } from '../../src/device/client/disk-state.ts';
import { pinRoot } from '../../src/device/client/refresh.ts';
import { metadataKey } from '../../src/repository/layout.ts';
import { productRole } from '../../src/repository/names.ts';
import { isKey } from '../../src/storage/key.ts';
import { refusal, TestClient } from '../support/client.ts';
import { filesBelow } from '../support/folder.ts';
import { delegation, Forge, NOW } from '../support/forge.ts';

/** Names of no role in any repository. */
const REFUSED = [
  '',
  'root',
  'targets',
  'snapshot',
  'timestamp',
  'a\u0000',
  'a\nb',
  'CON',
  'con',
  'nul.x',
  'com1',
  'x'.repeat(129),
  'ä'.repeat(100),
];

/** Names that TUF allows, by which another client left its folder or asked for something else. */
const ENCODED: readonly (readonly [string, string])[] = [
  ['../x', '..%2Fx'],
  ['../../../etc/passwd', '..%2F..%2F..%2Fetc%2Fpasswd'],
  ['..', '..'],
  ['.', '.'],
  ['/x', '%2Fx'],
  ['a/b', 'a%2Fb'],
  ['a\\b', 'a%5Cb'],
  ['?', '%3F'],
  ['#', '%23'],
  ['x%2fy', 'x%252fy'],
  ['%2e%2e', '%252e%252e'],
  ['a b', 'a%20b'],
  ['Gateway', 'Gateway'],
  ['ä', '%C3%A4'],
  ['a..b', 'a..b'],
  ['a.', 'a.'],
  ['-a', '-a'],
  ['.a', '.a'],
  ["!'()*~", '%21%27%28%29%2A%7E'],
  ['__proto__', '__proto__'],
];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ota-attack-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function delegatedTo(name: string) {
  const forge = await Forge.make();
  forge.addTargets(name, {});
  forge.signers.set(name, [forge.release]);
  forge.store.objects.set(metadataKey(name, 1), await forge.write(name));
  await forge.publish('targets', [['delegations', 'roles'], [delegation(name, ['other/*'], forge.release)]]);
  return forge;
}

describe('a role name that could be another role or a device', () => {
  it.each(REFUSED)('is refused in a delegation: %j', async (name) => {
    const forge = await Forge.make();
    await forge.publish('targets', [
      ['delegations', 'roles'],
      [delegation(name, ['gateway/*/*'], forge.release)],
    ]);
    const client = new TestClient(forge.store, forge.bytes('root'));
    await client.refuses('role-name');
    expect(forge.store.asked.at(-1)).toBe(forge.key('targets'));
  });

  // The root stood in snapshots of earlier versions of the specification.
  it.each(REFUSED.filter((name) => name !== 'targets' && name !== 'root'))(
    'is refused in a snapshot: %j',
    async (name) => {
      const forge = await Forge.make();
      const meta = new Map(Object.entries(forge.signed('snapshot').meta ?? {}));
      await forge
        .set('snapshot', ['meta'], Object.fromEntries(meta.set(`${name}.json`, { version: 1 })))
        .announceSnapshot();
      await new TestClient(forge.store, forge.bytes('root')).refuses('role-name');
    },
  );

  it.each(['', 'con', 'a\u0000', '\ud800'])('makes no key: %j', async (name) => {
    expect((await refusal(() => metadataKey(name, 1))).code).toBe('role-name');
  });
});

describe('a role name that could be another path or URL', () => {
  it.each(ENCODED)('never leaves its folder: %j', async (name, encoded) => {
    const forge = await delegatedTo(name);
    await pinRoot(diskState(join(folder, 'trust')), forge.bytes('root'), NOW);
    const client = new TestClient(forge.store, diskState(join(folder, 'trust')));
    const repository = await client.refresh();
    expect((await repository.delegated(name, repository.targets)).signed.version).toBe(1);

    const key = `metadata/1.${encoded}.json`;
    expect(forge.store.asked.at(-1)).toBe(key);
    expect(isKey(key)).toBe(true);
    // In a store that is a folder, and behind a web server, whether or not snapshots are consistent.
    for (const asked of [key, metadataKey(name, undefined)]) {
      expect(dirname(resolve(folder, asked))).toBe(join(folder, 'metadata'));
      expect(new URL(asked, 'http://device/store/').pathname).toBe(`/store/${asked}`);
    }
    const kept = [...filesBelow(folder).keys()];
    expect(kept.every((path) => /^trust\/(?:trusted|[0-9a-f]{64})\.json$/.test(path))).toBe(true);
  });

  it.each(['../x', 'a/b', '?', 'Gateway', 'ä'])('is not one that this tool gives: %j', async (name) => {
    expect((await refusal(() => productRole(name as never))).code).toBe('name-invalid');
  });
});

it.each(['gateway', 'gateway.channels', '7', 'console', 'a-b.c'])(
  'a plain name is accepted as it is: %s',
  async (name) => {
    const forge = await delegatedTo(name);
    const repository = await new TestClient(forge.store, forge.bytes('root')).refresh();
    expect((await repository.delegated(name, repository.targets)).signed.version).toBe(1);
    expect(metadataKey(name, 1)).toBe(`metadata/1.${name}.json`);
  },
);
