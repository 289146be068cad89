import { parseJson } from '../../src/core/json/parse.ts';
import type { JsonObject, JsonValue } from '../../src/core/json/value.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { fileObject, forgeFile } from './forge.ts';
import { editedObject, type Path } from './json-edit.ts';
import type { MemoryStore } from './memory-store.ts';

/**
 * Edits the newest product role of a published repository and signs it, the snapshot and the timestamp anew, as whoever has all
 * of their keys could. Versions stay.
 */
export async function resignProduct(
  store: MemoryStore,
  signers: { readonly release: Signer; readonly online: Signer },
  ...edits: readonly (readonly [Path, JsonValue | undefined])[]
): Promise<void> {
  const edit = async (key: string, signer: Signer, changes: typeof edits): Promise<Uint8Array> => {
    let signed = signedOf(store, key);
    for (const [path, value] of changes) signed = editedObject(signed, path, value);
    const bytes = await forgeFile(signed, [signer]);
    store.objects.set(key, bytes);
    return bytes;
  };
  const timestamp = 'metadata/timestamp.json';
  const snapshot = `metadata/${versionIn(store, timestamp, 'snapshot.json')}.snapshot.json`;
  const version = versionIn(store, snapshot, 'gateway.json');
  const role = await edit(`metadata/${version}.gateway.json`, signers.release, edits);
  const listed = await edit(snapshot, signers.online, [
    [['meta', 'gateway.json'], { version, ...fileObject(role) }],
  ]);
  await edit(timestamp, signers.online, [
    [
      ['meta', 'snapshot.json'],
      { version: versionIn(store, timestamp, 'snapshot.json'), ...fileObject(listed) },
    ],
  ]);
}

const signedOf = (store: MemoryStore, key: string): JsonObject =>
  (parseJson(store.objects.get(key) ?? new Uint8Array()) as { readonly signed: JsonObject }).signed;

function versionIn(store: MemoryStore, key: string, file: string): number {
  const { meta } = signedOf(store, key) as { readonly meta: Readonly<Record<string, { version: number }>> };
  return meta[file]?.version ?? 0;
}
