import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fetchArtifact } from '../../../src/device/client/artifact.ts';
import { refusal, TestClient } from '../../support/client.ts';
import { filesBelow, freshFolder } from '../../support/folder.ts';
import { Forge, PAYLOAD, PAYLOAD_PATH } from '../../support/forge.ts';

const folder = freshFolder();
const OTHER = Uint8Array.from(PAYLOAD, (byte) => byte ^ 1);

async function setUp() {
  const forge = await Forge.make();
  const repository = await new TestClient(forge.store, forge.bytes('root')).refresh();
  const target = await repository.get(PAYLOAD_PATH);
  const key = [...forge.store.objects.keys()].find((name) => name.endsWith('.radio')) ?? '';
  const fetched = () => forge.store.asked.filter((asked) => asked === key).length;
  return { forge, repository, target, key, fetched };
}

describe('an artifact', () => {
  it('is fetched once, and not again while the file is the target', async () => {
    const { repository, target, fetched } = await setUp();
    expect(await fetchArtifact(repository, target, folder.at('radio'))).toBe(PAYLOAD.length);
    expect(await fetchArtifact(repository, target, folder.at('radio'))).toBe(0);
    expect(fetched()).toBe(1);
    expect(readFileSync(folder.at('radio'))).toEqual(Buffer.from(PAYLOAD));
  });

  it.each([
    ['changed', OTHER],
    ['cut short', PAYLOAD.subarray(1)],
    ['longer', new Uint8Array([...PAYLOAD, 0])],
    ['empty', new Uint8Array()],
  ])('is fetched anew where the file was %s', async (_, bytes) => {
    const { repository, target, fetched } = await setUp();
    writeFileSync(folder.at('radio'), bytes);
    expect(await fetchArtifact(repository, target, folder.at('radio'))).toBe(PAYLOAD.length);
    expect(fetched()).toBe(1);
    expect(readFileSync(folder.at('radio'))).toEqual(Buffer.from(PAYLOAD));
  });

  it('leaves what was there where the store has another', async () => {
    const { forge, repository, target, key } = await setUp();
    forge.store.objects.set(key, OTHER);
    writeFileSync(folder.at('radio'), 'the one before');
    expect((await refusal(() => fetchArtifact(repository, target, folder.at('radio')))).code).toBe(
      'digest-mismatch',
    );
    expect([...filesBelow(folder.path)]).toEqual([['radio', Buffer.from('the one before')]]);
  });

  it('makes room first where it is told to', async () => {
    const { forge, repository, target, key } = await setUp();
    forge.store.objects.set(key, OTHER);
    writeFileSync(folder.at('radio'), 'the one before');
    await refusal(() => fetchArtifact(repository, target, folder.at('radio'), { makeRoom: true }));
    expect(filesBelow(folder.path).size).toBe(0);
  });

  it('is known by its SHA-512 where that is what is signed', async () => {
    const { repository, target, fetched } = await setUp();
    const sha512 = createHash('sha512').update(PAYLOAD).digest('hex');
    const { path, role, length } = target;
    writeFileSync(folder.at('radio'), PAYLOAD);
    expect(await fetchArtifact(repository, { path, role, length, sha512 }, folder.at('radio'))).toBe(0);
    expect(fetched()).toBe(0);
  });

  it('is not taken for missing where the file cannot be read', async () => {
    const { repository, target } = await setUp();
    const error = await refusal(() => fetchArtifact(repository, target, folder.path));
    expect(error.code).toBe('input-directory');
  });
});
