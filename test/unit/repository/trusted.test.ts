import { describe, expect, it } from 'vitest';
import { TrustedMetadata } from '../../../src/repository/trusted.ts';
import { TestClient } from '../../support/client.ts';
import { Forge, keysObject, NOW, roleObject } from '../../support/forge.ts';
import { signerNamed } from '../../support/signers.ts';

describe('fast-forward recovery', () => {
  const HUGE = 2 ** 53 - 2;

  /** Whoever stole the online key has raised every version as far as it goes, and a client believed it. */
  async function fastForwarded() {
    const forge = await Forge.make();
    const client = new TestClient(forge.store, forge.bytes('root'));
    const honest = new Map(['snapshot', 'timestamp'].map((role) => [role, forge.signed(role)]));
    forge.set('snapshot', ['version'], HUGE).set('timestamp', ['version'], HUGE);
    forge.set('snapshot', ['meta', 'gateway.json', 'version'], HUGE);
    await forge.announceSnapshot();
    await client.refresh();
    for (const [role, signed] of honest) forge.add(role, signed);
    return { forge, client };
  }

  async function rotate(forge: Forge, ...roles: readonly ('snapshot' | 'timestamp')[]) {
    const fresh = signerNamed('fresh');
    forge.set('root', ['keys'], keysObject(forge.root, forge.targets, forge.online, fresh));
    for (const role of roles) {
      forge.signers.set(role, [fresh]);
      forge.set('root', ['roles', role], roleObject(fresh));
    }
    await forge.publish('root');
    await forge.announce();
  }

  it('is not given without new keys', async () => {
    const { forge, client } = await fastForwarded();
    await forge.announce();
    await client.refuses('role-rollback');
  });

  it.each([['snapshot'], ['timestamp'], ['snapshot', 'timestamp']] as const)(
    'is given where the root replaces the keys of %s %s',
    async (...roles) => {
      const { forge, client } = await fastForwarded();
      await rotate(forge, ...roles);
      const repository = await client.refresh();
      expect(repository.timestamp.signed.version).toBe(2);
      expect(repository.snapshot.signed.meta.get('gateway')?.version).toBe(1);
    },
  );

  it('is not given where a key is only added', async () => {
    const { forge, client } = await fastForwarded();
    const second = signerNamed('second');
    forge.set('root', ['keys'], keysObject(forge.root, forge.targets, forge.online, second));
    for (const role of ['snapshot', 'timestamp']) {
      forge.set('root', ['roles', role], { ...roleObject(forge.online, second), threshold: 1 });
    }
    await forge.publish('root');
    await forge.announce();
    await client.refuses('role-rollback');
  });
});

it('keeps the timestamp that it has where another of the same version comes', async () => {
  const forge = await Forge.make();
  const client = new TestClient(forge.store, forge.bytes('root'));
  const first = (await client.refresh()).timestamp.sealed.sha256;
  await forge.set('timestamp', ['x-other'], 1).write('timestamp');
  expect((await client.refresh()).timestamp.sealed.sha256).toBe(first);
});

it('forgets what no longer meets the threshold of the root', async () => {
  const forge = await Forge.make();
  const client = new TestClient(forge.store, forge.bytes('root'));
  await forge.publish('gateway');
  await client.refresh();
  const second = signerNamed('second');
  forge.set('root', ['keys'], keysObject(forge.root, forge.targets, forge.online, second));
  for (const role of ['snapshot', 'timestamp']) {
    forge.set('root', ['roles', role], roleObject(forge.online, second));
    forge.signers.set(role, [forge.online, second]);
    forge.set(role, ['version'], 0);
  }
  await forge.publish('root');
  await forge.announce();
  expect((await client.refresh()).timestamp.signed.version).toBe(1);
});

describe('a snapshot that is not the one that the timestamp names', () => {
  it('is refused by its length and by its digest before anything in it is read', async () => {
    const forge = await Forge.make();
    const honest = forge.bytes('snapshot');
    const client = new TestClient(forge.store, forge.bytes('root'));
    forge.store.objects.set(forge.key('snapshot'), honest.subarray(1));
    await client.refuses('length-mismatch');
    forge.store.objects.set(forge.key('snapshot'), Uint8Array.from(honest).fill(0x20));
    await client.refuses('digest-mismatch');
    forge.store.objects.set(forge.key('snapshot'), honest);
    await client.refresh();
  });

  it('is refused by its version where nothing else was announced', async () => {
    const forge = await Forge.make();
    const client = new TestClient(forge.store, forge.bytes('root'));
    forge.store.objects.set('metadata/2.snapshot.json', forge.bytes('snapshot'));
    forge.set('timestamp', ['meta', 'snapshot.json'], { version: 2 });
    await forge.write('timestamp');
    await client.refuses('role-version');
    forge.set('timestamp', ['meta', 'snapshot.json'], { version: 1 });
    await forge.write('timestamp');
    await client.refresh();
  });
});

describe('the workflow', () => {
  it('takes steps only in their order', async () => {
    const forge = await Forge.make();
    const trusted = new TrustedMetadata(forge.bytes('root'), NOW);
    expect(() => trusted.updateTimestamp(forge.bytes('timestamp'))).toThrow('does not come at this place');
    expect(() => trusted.remember(undefined, undefined)).toThrow();
    expect(() => trusted.updateSnapshot(forge.bytes('snapshot'))).toThrow();
    trusted.rootsDone();
    expect(() => trusted.updateRoot(forge.bytes('root'))).toThrow();
    trusted.updateTimestamp(forge.bytes('timestamp'));
    expect(() => trusted.updateTargets('targets', forge.bytes('targets'), 'root')).toThrow();
    trusted.updateSnapshot(forge.bytes('snapshot'));
    trusted.updateTargets('targets', forge.bytes('targets'), 'root');
    expect(trusted.targets('targets', 'root')?.signed.version).toBe(1);
  });

  it('takes no delegator that it has not verified', async () => {
    const forge = await Forge.make();
    const other = new TrustedMetadata(forge.bytes('root'), NOW);
    const trusted = new TrustedMetadata(forge.bytes('root'), NOW);
    for (const set of [other, trusted]) {
      set.rootsDone();
      set.updateTimestamp(forge.bytes('timestamp'));
      set.updateSnapshot(forge.bytes('snapshot'));
    }
    const foreign = other.updateTargets('targets', forge.bytes('targets'), 'root');
    expect(() => trusted.updateTargets('gateway', forge.bytes('gateway'), foreign)).toThrow('does not come');
  });

  it('lets the root delegate to targets alone, and a role only to whom it names', async () => {
    const forge = await Forge.make();
    const client = new TestClient(forge.store, forge.bytes('root'));
    const repository = await client.refresh();
    await client.refuses('role-undelegated', () => repository.delegated('gateway', 'root'));
    await client.refuses('role-undelegated', () =>
      repository.delegated('gateway.channels', repository.targets),
    );
  });

  it('refuses a first root that its own keys did not sign', async () => {
    const forge = await Forge.make();
    forge.signers.set('root', [signerNamed('attacker')]);
    const bytes = await forge.write('root');
    expect(() => new TrustedMetadata(bytes, NOW)).toThrow('0 valid signatures of the 1');
  });
});

describe('what was trusted before', () => {
  const remembering = async (edit: (forge: Forge) => Promise<readonly [Uint8Array, Uint8Array]>) => {
    const forge = await Forge.make();
    const [timestamp, snapshot] = await edit(forge);
    const trusted = new TrustedMetadata(forge.bytes('root'), NOW);
    trusted.rootsDone();
    trusted.remember(timestamp, snapshot);
    trusted.updateTimestamp(forge.bytes('timestamp'));
    return trusted;
  };

  it('counts where the root still trusts who signed it', async () => {
    const trusted = await remembering(async (forge) => [forge.bytes('timestamp'), forge.bytes('snapshot')]);
    expect(trusted.snapshotAtHand).toBeDefined();
  });

  it.each<[string, (forge: Forge) => Uint8Array]>([
    ['is no metadata', () => new Uint8Array(10)],
    ['was changed', (forge) => forge.bytes('snapshot').map((byte, at) => (at === 60 ? byte ^ 1 : byte))],
    ['is of another role', (forge) => forge.bytes('targets')],
  ])('does not where it %s', async (_, snapshot) => {
    const trusted = await remembering(async (forge) => [forge.bytes('timestamp'), snapshot(forge)]);
    expect(trusted.snapshotAtHand).toBeUndefined();
  });

  it('is the snapshot that a timestamp names by its version alone, too', async () => {
    const trusted = await remembering(async (forge) => {
      const before = forge.bytes('snapshot');
      forge.set('timestamp', ['meta', 'snapshot.json'], { version: forge.version('snapshot') });
      return [await forge.write('timestamp'), before];
    });
    expect(trusted.snapshotAtHand).toBeDefined();
  });
});
