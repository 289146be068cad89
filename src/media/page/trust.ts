import { sha256 } from '../../core/digest.ts';
import { OtaError } from '../../core/errors.ts';
import { refresh } from '../../device/client/refresh.ts';
import type { TrustedRepository } from '../../device/client/repository.ts';
import { memoryState } from '../../device/client/state.ts';
import type { RoleKey } from '../../keys/role-key.ts';
import type { Metadata, Root } from '../../repository/model.ts';
import { allKeys } from '../../repository/parse-keys.ts';
import { parseRoot } from '../../repository/parse-root.ts';
import { verifyRoots } from '../../repository/trust.ts';
import type { ReadStore } from '../../storage/store.ts';

/** A root that lies on a medium. */
export interface MediumRoot {
  readonly version: number;
  /** SHA-256 of its file, by which people know it. */
  readonly fingerprint: string;
  readonly bytes: Uint8Array;
}

const ROOT_KEY = /^metadata\/([1-9][0-9]{0,15})\.root\.json$/;
/** Before every expiry: of what age a medium may be says its profile, which is known only once its roles are verified. */
const BEFORE_ALL = Number.NEGATIVE_INFINITY;

/** All roots of a medium, in order of version. */
export const rootsOf = (files: ReadonlyMap<string, Uint8Array>): readonly MediumRoot[] =>
  [...files]
    .flatMap(([key, bytes]) => {
      const version = Number(ROOT_KEY.exec(key)?.[1]);
      return Number.isSafeInteger(version) ? [{ version, fingerprint: sha256(bytes), bytes }] : [];
    })
    .sort((a, b) => a.version - b.version);

/** A medium whose top-level roles are verified from a root on. */
export interface TrustedMedium {
  readonly repository: TrustedRepository;
  /** From the first on the medium to the newest. */
  readonly roots: readonly Metadata<Root>[];
}

/**
 * Verifies the roles of a medium by the client workflow of TUF 1.0.34, section 5, from one of its roots on, whatever their age.
 * The roots before that one are verified to lead to it: devices were made with them.
 *
 * @throws OtaError as `refresh`; `root-differs` where the roots on the medium do not lead through `anchor`
 */
export async function trustMedium(
  files: ReadonlyMap<string, Uint8Array>,
  anchor: MediumRoot,
): Promise<TrustedMedium> {
  const repository = await refresh({
    store: memoryMedium(files),
    state: memoryState(anchor.bytes),
    now: BEFORE_ALL,
  });
  const roots = verifyRoots(
    rootsOf(files).map(({ bytes }) => bytes),
    BEFORE_ALL,
  );
  const isIn = (sha: string) => roots.some(({ sealed }) => sealed.sha256 === sha);
  if (isIn(anchor.fingerprint) && isIn(repository.root.sealed.sha256)) return { repository, roots };
  throw new OtaError('root-differs', 'the roots on the medium are not one chain', {
    where: 'root',
    hint: 'Get another medium.',
  });
}

/** A medium of which only the files that are held in memory can be read. */
function memoryMedium(files: ReadonlyMap<string, Uint8Array>): ReadStore {
  return {
    url: 'this medium',
    read: async (key, maxBytes) => {
      const bytes = files.get(key);
      if (bytes === undefined) return undefined;
      if (bytes.length <= maxBytes) return { bytes, token: '' };
      throw new OtaError('length-mismatch', `${key} has more than ${maxBytes} bytes`, { where: key });
    },
    stream: async (key) => {
      const bytes = files.get(key);
      return bytes && once(bytes);
    },
    stat: async (key) => {
      const bytes = files.get(key);
      return bytes && { length: bytes.length };
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The keys that a root lists; none where it cannot be read. */
export function keysOf(bytes: Uint8Array): readonly RoleKey[] {
  try {
    return [...allKeys(parseRoot(bytes, 'root').signed).values()];
  } catch {
    return [];
  }
}
