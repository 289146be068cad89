import { type Digest, sameDigest, seal, sha256 } from '../../src/core/digest.ts';
import type { Seconds } from '../../src/core/time.ts';
import { collect, verified } from '../../src/storage/body.ts';
import type { Body, Listed, ObjectHeaders, Store, Token, Unfinished } from '../../src/storage/store.ts';
import { MemoryStore } from './memory-store.ts';

export type Request = 'read' | 'stream' | 'stat' | 'create' | 'copy' | 'replace' | 'delete';

/**
 * What happens to one request: `fail` throws instead of doing it, `lose` does it and then throws, as when the answer is lost
 * or the process is killed between two requests.
 */
export type Fate = 'do' | 'fail' | 'lose';

/** The error of a request that went wrong in a test: none of the tool's own. */
export class Cut extends Error {}

/** A store in memory to be written to, in which any request can go wrong. */
export class WritableStore extends MemoryStore implements Store {
  readonly headers = new Map<string, ObjectHeaders>();
  /** The store's own time, which what is written has from then on. */
  clock: Seconds = 0;
  /** When each object was written; 0 for one that is not in it. */
  readonly times = new Map<string, Seconds>();
  /** What `unfinished` tells. */
  cutOff: readonly Unfinished[] = [];
  /** Every request, in order, as in `create metadata/1.root.json`. */
  readonly requests: string[] = [];
  /** Asked before each request; its number starts at 1. */
  fate: (number: number, request: Request, key: string) => Fate | Promise<Fate> = () => 'do';

  /** The same objects in a store of its own. */
  copy(): WritableStore {
    const store = new WritableStore(this.objects);
    for (const [key, time] of this.times) store.times.set(key, time);
    store.clock = this.clock;
    return store;
  }

  /** The keys below a prefix, in order. */
  keys(prefix = ''): string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  override async read(key: string, maxBytes: number) {
    return this.#request('read', key, async () => {
      const found = await super.read(key, maxBytes);
      return found && { ...found, token: sha256(found.bytes) };
    });
  }

  override async stream(key: string) {
    return this.#request('stream', key, () => super.stream(key));
  }

  override async stat(key: string): Promise<{ readonly length: number } | undefined> {
    return this.#request('stat', key, () => super.stat(key));
  }

  async *list(prefix: string): AsyncGenerator<Listed> {
    for (const key of this.keys(prefix)) {
      const bytes = this.objects.get(key);
      if (bytes) yield { key, length: bytes.length, modified: this.times.get(key) ?? 0 };
    }
  }

  async *unfinished(): AsyncGenerator<Unfinished> {
    yield* this.cutOff;
  }

  async create(key: string, body: Body, headers: ObjectHeaders): Promise<'created' | 'exists'> {
    return this.#request('create', key, async () => {
      if (this.objects.has(key)) return 'exists';
      this.objects.set(key, await collect(verified(body, key), body.length, key));
      this.headers.set(key, headers);
      this.times.set(key, this.clock);
      return 'created';
    });
  }

  async copyFrom(
    from: string,
    key: string,
    body: Body,
    headers: ObjectHeaders,
  ): Promise<'created' | 'exists' | 'unfit'> {
    return this.#request('copy', key, async () => {
      if (this.objects.has(key)) return 'exists';
      const bytes = this.objects.get(from);
      if (!bytes || !sameDigest(seal(bytes), body)) return 'unfit';
      this.objects.set(key, bytes);
      this.headers.set(key, headers);
      this.times.set(key, this.clock);
      return 'created';
    });
  }

  async replace(
    key: string,
    bytes: Uint8Array,
    token: Token | undefined,
    headers: ObjectHeaders,
  ): Promise<'replaced' | 'conflict'> {
    return this.#request('replace', key, async () => {
      const found = this.objects.get(key);
      if ((found && sha256(found)) !== token) return 'conflict';
      this.objects.set(key, bytes);
      this.headers.set(key, headers);
      this.times.set(key, this.clock);
      return 'replaced';
    });
  }

  async delete(key: string): Promise<void> {
    await this.#request('delete', key, async () => this.objects.delete(key));
  }

  async #request<T>(request: Request, key: string, work: () => Promise<T>): Promise<T> {
    this.requests.push(`${request} ${key}`);
    const fate = await this.fate(this.requests.length, request, key);
    if (fate === 'fail') throw new Cut(`${request} ${key}`);
    const result = await work();
    if (fate === 'lose') throw new Cut(`${request} ${key}`);
    return result;
  }
}

/** Bytes in memory as a body that counts how often it was opened. */
export function countedBody(bytes: Uint8Array): Body & { opened: number } {
  const { sha256: digest, length }: Digest = seal(bytes);
  return {
    sha256: digest,
    length,
    opened: 0,
    async *open() {
      this.opened += 1;
      yield bytes;
    },
  };
}
