import { describe, expect, it } from 'vitest';
import { formatTime } from '../../../src/core/time.ts';
import { diskState } from '../../../src/device/client/disk-state.ts';
import type { Keep } from '../../../src/device/client/keeper.ts';
import { pinRoot, refresh } from '../../../src/device/client/refresh.ts';
import { parseRole } from '../../../src/repository/parse.ts';
import { refusal } from '../../support/client.ts';
import { filesBelow, freshFolder } from '../../support/folder.ts';
import { Forge, keysObject, NOW, roleObject } from '../../support/forge.ts';
import { signerNamed } from '../../support/signers.ts';

const folder = freshFolder();
const state = () => diskState(folder.path);
const TYPES = ['root', 'timestamp', 'snapshot', 'targets'] as const;

/** What a restart would find, by name and version. */
async function kept(): Promise<string> {
  const found = [];
  for (const type of TYPES) {
    const bytes = await state().load(`${type}.json`);
    if (bytes) found.push(`${type} ${parseRole(bytes, type, type, (_, { version }) => version).signed}`);
  }
  return found.join(', ');
}

async function pinned(): Promise<Forge> {
  const forge = await Forge.make();
  await pinRoot(state(), forge.bytes('root'), NOW);
  return forge;
}

const run = (forge: Forge, keep?: Keep, now = NOW) =>
  refresh({ store: forge.store, state: state(), now, ...(keep === undefined ? {} : { keep }) });

describe('a new root', () => {
  it('is kept where the refresh fails after it', async () => {
    const forge = await pinned();
    await run(forge);
    await forge.publish('root');
    forge.store.objects.delete('metadata/timestamp.json');
    expect((await refusal(() => run(forge))).code).toBe('store-missing');
    expect(await kept()).toBe('root 2, timestamp 1, snapshot 1, targets 1');
  });

  it('is kept as far as the chain is good', async () => {
    const forge = await pinned();
    await forge.publish('root');
    await forge.publish('root');
    forge.signers.set('root', [signerNamed('attacker')]);
    await forge.publish('root');
    expect((await refusal(() => run(forge))).code).toBe('threshold-unmet');
    expect(await kept()).toBe('root 3');
  });

  it('withdraws a key for good, even where only the root could be read', async () => {
    const forge = await pinned();
    await run(forge);
    const old = new Map(forge.store.objects);
    const next = signerNamed('next online');
    await forge.publish(
      'root',
      [['keys'], keysObject(forge.root, forge.targets, next)],
      [['roles', 'timestamp'], roleObject(next)],
      [['roles', 'snapshot'], roleObject(next)],
    );
    // The new root is out, but what the new key is to sign is not yet.
    expect((await refusal(() => run(forge))).code).toBe('threshold-unmet');
    expect(await kept()).toBe('root 2, targets 1');
    // Whoever has the old key hides the new root and serves what was right before.
    forge.store.objects.clear();
    for (const [key, bytes] of old) forge.store.objects.set(key, bytes);
    expect((await refusal(() => run(forge))).code).toBe('threshold-unmet');
  });

  it('may pass over one whose threshold could not be met, but not end there', async () => {
    const forge = await pinned();
    await forge.publish('root', [['roles', 'snapshot', 'threshold'], 2]);
    const error = await refusal(() => run(forge));
    expect(error.message).toMatch(
      /root version 2 .* threshold of 2 signatures of snapshot, which has 1 keys/,
    );
    expect(error.exitCode).toBe(4);
    await forge.publish('root', [['roles', 'snapshot', 'threshold'], 1]);
    await run(forge);
    expect(await kept()).toBe('root 3, timestamp 1, snapshot 1, targets 1');
  });

  it('is no first one where its thresholds cannot be met', async () => {
    const forge = await Forge.make();
    const bytes = await forge.set('root', ['roles', 'targets', 'threshold'], 2).write('root');
    expect((await refusal(() => pinRoot(state(), bytes, NOW))).message).toContain('threshold of 2');
    expect(await kept()).toBe('');
  });
});

describe('what follows the root', () => {
  async function half(keep?: Keep): Promise<void> {
    const forge = await pinned();
    await run(forge);
    forge.signers.set('targets', [signerNamed('attacker')]);
    await forge.publish('targets');
    expect((await refusal(() => run(forge, keep))).code).toBe('threshold-unmet');
  }

  it('is kept together, once all of it was accepted', async () => {
    await half();
    expect(await kept()).toBe('root 1, timestamp 1, snapshot 1, targets 1');
  });

  it('is kept one by one where that is asked for', async () => {
    await half('each');
    expect(await kept()).toBe('root 1, timestamp 2, snapshot 2, targets 1');
  });

  it.each(['together', 'each'] as const)('is not kept where it was refused itself: %s', async (keep) => {
    const forge = await pinned();
    await run(forge, keep);
    forge.set('timestamp', ['expires'], formatTime(NOW));
    await forge.announceSnapshot();
    expect((await refusal(() => run(forge, keep))).code).toBe('role-expired');
    expect(await kept()).toBe('root 1, timestamp 1, snapshot 1, targets 1');
  });

  it('leaves nothing behind of what it forgot', async () => {
    const forge = await pinned();
    await run(forge);
    expect(filesBelow(folder.path).size).toBe(5);
    await state().commit(new Map([['timestamp.json', undefined]]));
    expect(await kept()).toBe('root 1, snapshot 1, targets 1');
    expect(filesBelow(folder.path).size).toBe(4);
  });
});
