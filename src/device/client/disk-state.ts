import { join } from 'node:path';
import { isSha256, sha256 } from '../../core/digest.ts';
import { OtaError } from '../../core/errors.ts';
import { Cursor } from '../../core/json/cursor.ts';
import { parseJson } from '../../core/json/parse.ts';
import { printJson } from '../../core/json/print.ts';
import { listFolder, readSmallFileIfPresent } from '../../files/read.ts';
import { removeFile } from '../../files/remove.ts';
import { makeFolder, writeFileAtomic } from '../../files/write.ts';
import { applyChanges, type ClientState, type StateChanges } from './state.ts';

const INDEX = 'trusted.json';

/**
 * A state in a folder: each file under the name of its digest, and one index that names those that count. The index is
 * replaced in one step, so a power cut leaves the old set or the new one, never a new root beside an old timestamp.
 *
 * `load` and `commit` throw OtaError `device-invalid` when the folder was damaged; file errors as src/files gives them.
 */
export function diskState(folder: string): ClientState {
  let last: Promise<unknown> = Promise.resolve();
  // One after the other: each starts from the index that the one before it left.
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work, work);
    last = result;
    return result;
  };
  return {
    load: (name) => inTurn(() => load(folder, name)),
    commit: (changes) => inTurn(() => commit(folder, changes)),
  };
}

async function load(folder: string, name: string): Promise<Uint8Array | undefined> {
  const digest = (await readIndex(folder)).get(name);
  if (digest === undefined) return undefined;
  const path = objectPath(folder, digest);
  const bytes = await readSmallFileIfPresent(path);
  if (bytes && sha256(bytes) === digest) return bytes;
  throw damaged(path);
}

async function commit(folder: string, changes: StateChanges): Promise<void> {
  await makeFolder(folder);
  const index = new Map(await readIndex(folder));
  const digests = new Map([...changes].map(([name, bytes]) => [name, bytes && sha256(bytes)]));
  for (const [name, bytes] of changes) {
    const digest = digests.get(name);
    if (bytes && digest && index.get(name) !== digest)
      await writeFileAtomic(objectPath(folder, digest), bytes);
  }
  applyChanges(index, digests);
  await writeFileAtomic(join(folder, INDEX), printJson(Object.fromEntries(index)));
  await removeOthers(folder, new Set(index.values()));
}

const objectPath = (folder: string, digest: string): string => join(folder, `${digest}.json`);

async function readIndex(folder: string): Promise<ReadonlyMap<string, string>> {
  const path = join(folder, INDEX);
  const bytes = await readSmallFileIfPresent(path);
  if (bytes === undefined) return new Map();
  try {
    return new Map(
      new Cursor(parseJson(bytes, path), path)
        .entries()
        .map(([name, at]) => [
          name,
          at.match((text): text is string => isSha256(text), 'a SHA-256 in lower-case hex'),
        ]),
    );
  } catch (cause) {
    throw damaged(path, cause);
  }
}

async function removeOthers(folder: string, used: ReadonlySet<string>): Promise<void> {
  for (const name of await listFolder(folder)) {
    const digest = name.endsWith('.json') ? name.slice(0, -'.json'.length) : '';
    if (isSha256(digest) && !used.has(digest)) await removeFile(join(folder, name));
  }
}

const damaged = (path: string, cause?: unknown): OtaError =>
  new OtaError('device-invalid', `${path} is damaged`, {
    where: path,
    hint: 'What this device trusts cannot be known any more; set its state up anew from the root that it was made with.',
    ...(cause === undefined ? {} : { cause }),
  });
