import type { Digest } from '../core/digest.ts';
import type { Seconds } from '../core/time.ts';

/** Opaque: what a store needs to tell that an object is still the one that was read. */
export type Token = string;

/** Bytes to be stored; `open` may be called again for a retry and gives the same bytes each time. */
export interface Body extends Digest {
  open(): AsyncIterable<Uint8Array>;
  /** What an S3 store says of these bytes (`EtagHasher`), from where the digest is from; absent where that is not known. */
  readonly etag?: string;
  /** Told how many bytes more have gone towards the store; fewer than none where some have to go again. */
  readonly sent?: (bytes: number) => void;
}

export interface ObjectHeaders {
  readonly contentType: string;
  readonly cacheControl: string;
}

/** What a device needs of a store. Keys are relative, `/`-separated, as `key.ts` says. */
export interface ReadStore {
  /** Where it is, for messages: without credentials. */
  readonly url: string;
  /**
   * A whole small object; `undefined` where there is none (403 for a missing object counts as missing on stores that
   * hide listings). Stops reading at `maxBytes`.
   *
   * @throws OtaError `store-unreachable`, `store-refused`, `store-failed`, `length-mismatch` past `maxBytes`
   */
  read(
    key: string,
    maxBytes: number,
  ): Promise<{ readonly bytes: Uint8Array; readonly token: Token } | undefined>;
  /** A large object as a stream. Errors as `read`; the caller counts and hashes. */
  stream(key: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Length in bytes and, where the store remembers it, the SHA-256 of the object; `undefined` where there is none. */
  stat(key: string): Promise<{ readonly length: number; readonly sha256?: string } | undefined>;
}

export interface Listed {
  readonly key: string;
  readonly length: number;
  /** When it was written, by the clock of the store. */
  readonly modified: Seconds;
}

export interface Unfinished {
  /** What it would have become part of, or its own name where that is not known. */
  readonly key: string;
  readonly started: Seconds;
  remove(): Promise<void>;
}

/** What a store knows about the clock of this machine. */
export interface StoreClock {
  /** Seconds by which the store's own clock is ahead of this machine's, as of its last answer; absent where it has none of its own. */
  skew(): number | undefined;
  /** The user states that the clock of this machine is right. */
  readonly isRight: boolean;
}

export interface Store extends ReadStore {
  readonly machineClock?: StoreClock;
  /** How many objects at once it takes with profit; one after the other where absent. */
  readonly width?: number;
  /** Objects whose keys start with a prefix, in code-unit order of the keys; a page at a time is held. */
  list(prefix: string): AsyncIterable<Listed>;
  /** What writes that were cut off left, which is no object and takes room; none where a store does not tell. */
  unfinished(): AsyncIterable<Unfinished>;
  /**
   * Creates an object that must not exist. `exists` leaves it untouched, whatever its bytes.
   *
   * @throws OtaError `input-changed` when the body does not give the bytes of its digest; nothing is stored then
   */
  create(key: string, body: Body, headers: ObjectHeaders): Promise<'created' | 'exists'>;
  /**
   * Creates an object from another one inside the store, once the store has shown by its own means, and not by what someone wrote
   * beside the object, that `from` has the bytes of `body`. `unfit`: it is missing, has others or cannot be judged, and nothing was done.
   *
   * @throws OtaError `input-changed` when the body is read and does not give the bytes of its digest
   */
  copyFrom?(
    from: string,
    key: string,
    body: Body,
    headers: ObjectHeaders,
  ): Promise<'created' | 'exists' | 'unfit'>;
  /** Replaces an object only while it is the one with `token` (or absent, for `undefined`). */
  replace(
    key: string,
    bytes: Uint8Array,
    token: Token | undefined,
    headers: ObjectHeaders,
  ): Promise<'replaced' | 'conflict'>;
  delete(key: string): Promise<void>;
}
