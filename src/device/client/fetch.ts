import { OtaError } from '../../core/errors.ts';
import type { Progress } from '../../core/progress.ts';
import { metadataKey } from '../../repository/layout.ts';
import type { MetaFile } from '../../repository/model.ts';
import type { ReadStore, Token } from '../../storage/store.ts';

/** Bytes of one file at most: what a device must be able to hold, whatever a repository says of its own lengths. */
export const MAX_BYTES = {
  root: 512 * 2 ** 10,
  timestamp: 16 * 2 ** 10,
  snapshot: 2 * 2 ** 20,
  targets: 5 * 2 ** 20,
} as const;

export interface Fetched {
  readonly bytes: Uint8Array;
  readonly token: Token;
}

/** Reads metadata from a store, bounded. */
export class MetadataSource {
  readonly #store: ReadStore;
  readonly #progress: Progress;

  constructor(store: ReadStore, progress: Progress) {
    this.#store = store;
    this.#progress = progress;
  }

  /** `undefined` where there is no root of that version. Errors as `ReadStore.read`. */
  root = (version: number): Promise<Fetched | undefined> =>
    this.#read(metadataKey('root', version), MAX_BYTES.root);

  /** @throws OtaError `store-missing` where nothing has been published; as `ReadStore.read` */
  async timestamp(): Promise<Fetched> {
    const found = await this.#read(metadataKey('timestamp', undefined), MAX_BYTES.timestamp);
    if (found) return found;
    throw new OtaError('store-missing', `there is no repository at ${this.#store.url}`, {
      where: this.#store.url,
      hint: 'Check the address; a store that is new gets its repository with the first ota publish.',
    });
  }

  /**
   * A file that other metadata announces.
   *
   * @param version in its name, `undefined` where consistent snapshots are off
   * @throws OtaError `role-missing`, `role-too-large`, `length-mismatch`; as `ReadStore.read`
   */
  async announced(role: string, meta: MetaFile, version: number | undefined): Promise<Uint8Array> {
    const cap = role === 'snapshot' ? MAX_BYTES.snapshot : MAX_BYTES.targets;
    const key = metadataKey(role, version);
    const found = await this.#read(key, cap, meta.length);
    if (found) return found.bytes;
    throw new OtaError('role-missing', `${this.#store.url} has no ${key}, which its metadata names`, {
      where: key,
      hint: 'The repository is incomplete: a publication was cut off, or a mirror is behind. Try again later.',
    });
  }

  async #read(key: string, maxBytes: number, announced?: number): Promise<Fetched | undefined> {
    const found = await this.#store
      .read(key, Math.min(announced ?? maxBytes, maxBytes))
      .catch((cause: unknown) => {
        const isCap = announced === undefined || announced >= maxBytes;
        throw isCap && cause instanceof OtaError && cause.code === 'length-mismatch'
          ? tooLarge(key, maxBytes, cause)
          : cause;
      });
    if (found) this.#progress({ task: `fetch ${key}`, done: found.bytes.length, total: found.bytes.length });
    return found;
  }
}

const tooLarge = (key: string, maxBytes: number, cause: OtaError): OtaError =>
  new OtaError('role-too-large', `${key} has more than the ${maxBytes} bytes that a client takes`, {
    where: key,
    hint: 'Something answers without end, or the publisher has to list less in one role.',
    cause,
  });
