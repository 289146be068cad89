import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { parseTimestamp } from '../../src/repository/parse-meta.ts';
import { refusal, TestClient } from '../support/client.ts';
import { Forge, fileObject, PAYLOAD, PAYLOAD_PATH } from '../support/forge.ts';
import { MemoryStore } from '../support/memory-store.ts';

/** Gives the honest objects, but one key has no end. */
class EndlessStore extends MemoryStore {
  given = 0;
  endless = '';

  override async stream(key: string) {
    if (key !== this.endless) return super.stream(key);
    const store = this;
    return (async function* () {
      for (;;) {
        store.given += 1024;
        yield new Uint8Array(1024);
      }
    })();
  }
}

describe('endless data', () => {
  it('is cut where a target should have ended', async () => {
    const forge = await Forge.make();
    const store = new EndlessStore();
    for (const [key, bytes] of forge.store.objects) store.objects.set(key, bytes);
    store.endless = [...store.objects.keys()].find((key) => key.endsWith('.radio')) ?? '';
    const client = new TestClient(store, forge.bytes('root'));
    const repository = await client.refresh();
    const target = await repository.get(PAYLOAD_PATH);
    await client.refuses('length-mismatch', () => repository.read(target));
    expect(store.given).toBe(1024);
    store.endless = '';
    expect(await repository.read(target)).toEqual(PAYLOAD);
  });

  it.each([
    ['timestamp', 16 * 2 ** 10],
    ['snapshot', 2 * 2 ** 20],
    ['targets', 5 * 2 ** 20],
  ])('is not read for a %s, whatever length is announced', async (role, cap) => {
    const forge = await Forge.make();
    const bytes = new Uint8Array(cap + 1).fill(0x20);
    if (role === 'snapshot') {
      forge.set('timestamp', ['meta', 'snapshot.json'], { version: 1, length: cap + 1 });
      await forge.write('timestamp');
    }
    if (role === 'targets') {
      await forge
        .set('snapshot', ['meta', 'targets.json'], { version: 1, ...fileObject(bytes) })
        .announceSnapshot();
    }
    forge.store.objects.set(forge.key(role), bytes);
    await new TestClient(forge.store, forge.bytes('root')).refuses('role-too-large');
  });
});

describe('a million signatures', () => {
  const file = async (count: number) => {
    const forge = await Forge.make();
    const honest = new TextDecoder().decode(forge.bytes('timestamp'));
    const more = Array.from({ length: count }, (_, index) => `{"keyid":"${index}","sig":""},`).join('');
    return utf8(honest.replace('"signatures":[', `"signatures":[${more}`));
  };

  it('are refused by their number before one is verified', async () => {
    const bytes = await file(1_000_000);
    const error = await refusal(() => parseTimestamp(bytes, 'timestamp.json'));
    expect(error.message).toContain('more than 1024 entries');
  });

  it('are another matter than some that are unknown', async () => {
    expect(parseTimestamp(await file(1000), 'timestamp.json').signatures).toHaveLength(1001);
  });
});

it('follows 256 rotations of the root and refuses a 257th', async () => {
  const forge = await Forge.make();
  const first = forge.bytes('root');
  for (let version = 2; version <= 257; version += 1) await forge.publish('root');
  expect((await new TestClient(forge.store, first).refresh()).root.signed.version).toBe(257);
  await forge.publish('root');
  await new TestClient(forge.store, first).refuses('root-rotations');
});
