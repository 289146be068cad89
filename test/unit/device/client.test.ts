import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import type { ProgressEvent } from '../../../src/core/progress.ts';
import { diskState } from '../../../src/device/client/disk-state.ts';
import { pinRoot, refresh } from '../../../src/device/client/refresh.ts';
import { memoryState } from '../../../src/device/client/state.ts';
import { refusal, TestClient } from '../../support/client.ts';
import { CHANNEL_PATH, Forge, NOW, PAYLOAD, PAYLOAD_PATH } from '../../support/forge.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { signerNamed } from '../../support/signers.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ota-client-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('refresh', () => {
  it('gives the four roles, their bytes and the token of the timestamp', async () => {
    const forge = await Forge.make();
    const repository = await new TestClient(forge.store, forge.bytes('root')).refresh();
    expect(repository.targets.sealed.bytes).toEqual(forge.bytes('targets'));
    expect(repository.timestampToken).toBe((await forge.store.read('metadata/timestamp.json', 1e6))?.token);
  });

  it('asks two things to learn that nothing is new', async () => {
    const forge = await Forge.make();
    const client = new TestClient(forge.store, forge.bytes('root'));
    await (await client.refresh()).get(CHANNEL_PATH);
    forge.store.asked.length = 0;
    const repository = await client.refresh();
    await repository.get(CHANNEL_PATH);
    expect(forge.store.asked).toEqual(['metadata/2.root.json', 'metadata/timestamp.json']);
  });

  it('fetches only what changed', async () => {
    const forge = await Forge.make();
    const client = new TestClient(forge.store, forge.bytes('root'));
    await (await client.refresh()).get(CHANNEL_PATH);
    await forge.publish('gateway.channels');
    forge.store.asked.length = 0;
    await (await client.refresh()).get(CHANNEL_PATH);
    expect(forge.store.asked.slice(2)).toEqual([
      'metadata/2.snapshot.json',
      'metadata/2.gateway.channels.json',
    ]);
  });

  it('tells an empty store from a broken one', async () => {
    const forge = await Forge.make();
    const empty = new TestClient(new MemoryStore(), forge.bytes('root'));
    expect(await refusal(() => empty.refresh())).toMatchObject({ code: 'store-missing', exitCode: 6 });
    forge.store.objects.delete(forge.key('snapshot'));
    await new TestClient(forge.store, forge.bytes('root')).refuses('role-missing');
  });

  it('needs a root to begin with', async () => {
    const forge = await Forge.make();
    const error = await refusal(() => refresh({ store: forge.store, state: diskState(folder), now: NOW }));
    expect(error.code).toBe('root-missing');
  });

  it('reads a repository without consistent snapshots', async () => {
    const forge = await Forge.make();
    await forge.set('root', ['consistent_snapshot'], false).write('root');
    const { objects } = forge.store;
    for (const role of ['targets', 'snapshot', 'gateway'])
      objects.set(`metadata/${role}.json`, forge.bytes(role));
    objects.set(`targets/${PAYLOAD_PATH}`, PAYLOAD);
    const root = forge.bytes('root');
    for (const key of objects.keys()) if (/metadata\/1\.|[0-9a-f]{64}\./.test(key)) objects.delete(key);
    const repository = await new TestClient(forge.store, root).refresh();
    expect(await repository.read(await repository.get(PAYLOAD_PATH))).toEqual(PAYLOAD);
  });

  it('says what it does', async () => {
    const forge = await Forge.make();
    const events: ProgressEvent[] = [];
    const state = memoryState(forge.bytes('root'));
    const repository = await refresh({
      store: forge.store,
      state,
      now: NOW,
      progress: (event) => events.push(event),
    });
    await repository.read(await repository.get(PAYLOAD_PATH));
    expect(events.map(({ task }) => task)).toContain('fetch metadata/timestamp.json');
    expect(events.at(-1)).toEqual({
      task: `download ${PAYLOAD_PATH}`,
      done: PAYLOAD.length,
      total: PAYLOAD.length,
    });
  });
});

describe('download', () => {
  async function repositoryWith(bytes: Uint8Array | undefined) {
    const forge = await Forge.make();
    const key = [...forge.store.objects.keys()].find((name) => name.endsWith('.radio')) ?? '';
    if (bytes) forge.store.objects.set(key, bytes);
    else forge.store.objects.delete(key);
    return new TestClient(forge.store, forge.bytes('root')).refresh();
  }

  it.each([
    ['digest-mismatch', Uint8Array.from(PAYLOAD, (byte) => byte ^ 1)],
    [
      'digest-mismatch',
      Uint8Array.from(PAYLOAD, (byte, at) => (at === PAYLOAD.length - 1 ? byte ^ 1 : byte)),
    ],
    ['length-mismatch', PAYLOAD.subarray(0, -1)],
    ['length-mismatch', new Uint8Array([...PAYLOAD, 0])],
    ['length-mismatch', new Uint8Array()],
    ['target-missing', undefined],
  ] as const)('never gives out the end of a wrong target: %s', async (code, bytes) => {
    const repository = await repositoryWith(bytes);
    const target = await repository.get(PAYLOAD_PATH);
    let given = 0;
    const error = await refusal(async () => {
      for await (const piece of repository.download(target)) given += piece.length;
    });
    expect(error).toMatchObject({ code, exitCode: 4 });
    expect(given).toBeLessThan(Math.min(PAYLOAD.length, bytes?.length || 1));
  });

  it('gives a right one whole, and an empty one', async () => {
    const repository = await repositoryWith(PAYLOAD);
    expect(await repository.read(await repository.get(PAYLOAD_PATH))).toEqual(PAYLOAD);
    const forge = await Forge.make();
    forge.put('gateway/1.0.0/empty', new Uint8Array());
    const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    await forge.publish('gateway', [['targets', 'gateway/1.0.0/empty'], { length: 0, hashes: { sha256 } }]);
    const other = await new TestClient(forge.store, forge.bytes('root')).refresh();
    expect(await other.read(await other.get('gateway/1.0.0/empty'))).toHaveLength(0);
  });

  it('keeps a small read small', async () => {
    const repository = await repositoryWith(PAYLOAD);
    const target = await repository.get(PAYLOAD_PATH);
    expect((await refusal(() => repository.read(target, 10))).code).toBe('target-too-large');
  });

  it('knows nothing of a path that nobody lists', async () => {
    const repository = await repositoryWith(PAYLOAD);
    expect(await repository.find('gateway/1.0.0/other')).toBeUndefined();
    expect((await refusal(() => repository.get('gateway/1.0.0/other'))).code).toBe('target-unlisted');
    expect((await refusal(() => repository.find('../x'))).code).toBe('target-path');
  });
});

describe('a state on disk', () => {
  it('holds all of a commit or none, and only what counts', async () => {
    const state = diskState(folder);
    await state.commit(
      new Map([
        ['root.json', utf8('1')],
        ['timestamp.json', utf8('2')],
      ]),
    );
    await state.commit(new Map([['root.json', utf8('3')]]));
    const other = diskState(folder);
    expect(await other.load('root.json')).toEqual(Uint8Array.from(utf8('3')));
    expect(await other.load('timestamp.json')).toEqual(Uint8Array.from(utf8('2')));
    expect(await other.load('snapshot.json')).toBeUndefined();
    expect(await readdir(folder)).toHaveLength(3);
  });

  it('survives a power cut before the index is replaced', async () => {
    const state = diskState(folder);
    await state.commit(new Map([['root.json', utf8('old')]]));
    await writeFile(join(folder, `${'0'.repeat(64)}.json`), 'written, but not yet in the index');
    expect(await diskState(folder).load('root.json')).toEqual(Uint8Array.from(utf8('old')));
    await state.commit(new Map([['root.json', utf8('new')]]));
    expect(await readdir(folder)).toHaveLength(2);
  });

  it('takes commits one after the other', async () => {
    const state = diskState(folder);
    await Promise.all(
      Array.from({ length: 20 }, (_, at) => state.commit(new Map([[`${at}.json`, utf8(`${at}`)]]))),
    );
    for (let at = 0; at < 20; at += 1) expect(await state.load(`${at}.json`)).toBeDefined();
  });

  it('says when it was damaged, and never takes a changed root', async () => {
    const state = diskState(folder);
    await state.commit(new Map([['root.json', utf8('root')]]));
    const [object = ''] = (await readdir(folder)).filter((name) => name.length > 60);
    await writeFile(join(folder, object), 'other');
    expect((await refusal(() => state.load('root.json'))).code).toBe('device-invalid');
    await rm(join(folder, object));
    expect((await refusal(() => state.load('root.json'))).code).toBe('device-invalid');
    await writeFile(join(folder, 'trusted.json'), '{');
    expect((await refusal(() => state.load('root.json'))).code).toBe('device-invalid');
    expect((await refusal(() => state.commit(new Map()))).code).toBe('device-invalid');
  });

  it('keeps the first root it was pinned to', async () => {
    const forge = await Forge.make();
    const root = forge.bytes('root');
    const state = diskState(folder);
    await pinRoot(state, root, NOW);
    await forge.publish('root');
    await pinRoot(state, forge.bytes('root'), NOW);
    expect(await state.load('root.json')).toEqual(root);
    forge.signers.set('root', [signerNamed('attacker')]);
    const bad = await forge.write('root');
    expect((await refusal(() => pinRoot(state, bad, NOW))).code).toBe('threshold-unmet');
  });
});

describe('a target that is listed by its SHA-512 alone', () => {
  const path = 'gateway/1.0.0/other';
  const sha512 = createHash('sha512').update(PAYLOAD).digest('hex');

  async function repositoryWith(bytes: Uint8Array) {
    const forge = await Forge.make();
    forge.store.objects.set(`targets/gateway/1.0.0/${sha512}.other`, bytes);
    await forge.publish('gateway', [['targets', path], { length: PAYLOAD.length, hashes: { sha512 } }]);
    return new TestClient(forge.store, forge.bytes('root')).refresh();
  }
  const read = async (repository: Awaited<ReturnType<typeof repositoryWith>>) => {
    const target = await repository.locate(path);
    return target && repository.read(target);
  };

  it('is verified by it', async () => {
    expect(await read(await repositoryWith(PAYLOAD))).toEqual(PAYLOAD);
    const wrong = Uint8Array.from(PAYLOAD, (byte) => byte ^ 1);
    const error = await refusal(async () => read(await repositoryWith(wrong)));
    expect(error).toMatchObject({ code: 'digest-mismatch', exitCode: 4 });
    expect(error.message).toContain(`not ${sha512}`);
  });

  it('is none that a device installs from', async () => {
    const repository = await repositoryWith(PAYLOAD);
    expect((await refusal(() => repository.find(path))).message).toContain('without a SHA-256');
  });
});
