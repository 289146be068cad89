import { equalBytes } from '../../core/bytes.ts';
import type { Sealed } from '../../core/digest.ts';
import { OtaError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/json/canonical.ts';
import { MAX_BYTES } from '../../device/client/fetch.ts';
import { metadataKey } from '../../repository/layout.ts';
import type { Metadata, Root, Targets } from '../../repository/model.ts';
import { parseRoot } from '../../repository/parse-root.ts';
import { parseTargets } from '../../repository/parse-targets.ts';
import type { ReadStore } from '../../storage/store.ts';
import type { Published } from './published.ts';

/** The roles of a request with their signatures. */
export interface SignedRoles {
  readonly root?: Metadata<Root>;
  readonly roles: ReadonlyMap<string, Metadata<Targets>>;
}

/**
 * Reads the signed files of a request, and requires them to follow what is published. A file that an earlier run wrote, signed by
 * others perhaps, is taken as it is: what is written is never written again.
 *
 * @throws OtaError `request-stale` when something else was published since the request was made
 */
export async function readSigned(
  store: ReadStore,
  published: Published,
  files: ReadonlyMap<string, Sealed>,
): Promise<SignedRoles> {
  let root: Metadata<Root> | undefined;
  const roles = new Map<string, Metadata<Targets>>();
  for (const [name, { bytes }] of files) {
    if (name === 'root') {
      root = await asStored(store, name, parseRoot(bytes, name), parseRoot);
      const last = published.roots.at(-1);
      if ((last?.signed.version ?? 0) > root.signed.version) throw stale(name);
      continue;
    }
    const role = await asStored(store, name, parseTargets(bytes, name), parseTargets);
    const present = published.roles.get(name);
    if (present && !isSame(present, role) && present.signed.version >= role.signed.version) throw stale(name);
    roles.set(name, role);
  }
  return { ...(root ? { root } : {}), roles };
}

async function asStored<T extends { readonly version: number }>(
  store: ReadStore,
  name: string,
  role: Metadata<T>,
  parse: (bytes: Uint8Array, where: string) => Metadata<T>,
): Promise<Metadata<T>> {
  const key = metadataKey(name, role.signed.version);
  const found = await store.read(key, name === 'root' ? MAX_BYTES.root : MAX_BYTES.targets);
  if (!found) return role;
  const stored = parse(found.bytes, key);
  if (!isSame(stored, role)) throw stale(name);
  return stored;
}

const isSame = (a: Metadata<unknown>, b: Metadata<unknown>): boolean =>
  equalBytes(canonicalJson(a.document), canonicalJson(b.document));

const stale = (name: string): OtaError =>
  new OtaError('request-stale', `another ${name} was published since this request was made`, {
    where: name,
    hint: 'Nothing was written. Begin again with "ota root init --force", and have the new request signed.',
  });
