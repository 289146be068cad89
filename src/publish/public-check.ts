import { setTimeout as sleep } from 'node:timers/promises';
import { equalBytes } from '../core/bytes.ts';
import { type Digest, sha256 } from '../core/digest.ts';
import { type Code, type Fault, OtaError } from '../core/errors.ts';
import type { Progress } from '../core/progress.ts';
import { MAX_BYTES } from '../device/client/fetch.ts';
import { headersOf, metadataKey, TIMESTAMP_KEY, targetKey } from '../repository/layout.ts';
import type { Targets } from '../repository/model.ts';
import { parseSnapshot, parseTimestamp } from '../repository/parse-meta.ts';
import { parseTargets } from '../repository/parse-targets.ts';
import type { WebStore } from '../storage/http.ts';
import type { ReadStore } from '../storage/store.ts';

export interface PublicOptions {
  /** Where it was published. */
  readonly store: ReadStore;
  /** Where devices read it. */
  readonly web: WebStore;
  /** The first root that some device may still have. */
  readonly firstRoot: number;
  /** What the target paths of the release that was published start with; documents of channels are looked at without being named. */
  readonly folder?: string;
  readonly progress: Progress;
  /** Waits before the next attempt; attempts are counted from 1. */
  readonly pause?: (attempt: number) => Promise<void>;
}

/** What devices are served, as it was read back. */
export interface PublicReport {
  readonly url: string;
  /** Objects that are there, as they were published. */
  readonly objects: number;
  /** What will make devices late or servers busy, though it is right now. */
  readonly warnings: readonly string[];
}

/** Objects of up to this many bytes are read to their end; of larger ones the length is asked for. */
const READ_WHOLE = 2 ** 20;
/** In all, so that a cache has some fifteen seconds to follow. */
const ATTEMPTS = 5;
/** How long a cache may keep a timestamp without anybody minding. */
const FRESH_SECONDS = 60;

/**
 * Reads back through the address that devices use what the store holds: the timestamp, each root, the snapshot and every role in it,
 * the documents of channels, and what was published. A cache has some seconds to follow.
 *
 * @throws OtaError `public-stale` for an old timestamp or other bytes, `public-missing` for what is not served; naming each object
 */
export async function checkPublic(options: PublicOptions): Promise<PublicReport> {
  const { store, web } = options;
  const checker = new Checker(options);
  const timestamp = await required(store, TIMESTAMP_KEY, MAX_BYTES.timestamp);
  await checker.same(TIMESTAMP_KEY, timestamp);
  for (let version = options.firstRoot; ; version += 1) {
    const key = metadataKey('root', version);
    const root = await store.read(key, MAX_BYTES.root);
    if (!root) break;
    await checker.same(key, root.bytes);
  }
  const { snapshot } = parseTimestamp(timestamp, TIMESTAMP_KEY).signed;
  const key = metadataKey('snapshot', snapshot.version);
  const bytes = await required(store, key, MAX_BYTES.snapshot);
  await checker.same(key, bytes);
  const files = new Map<string, Digest>();
  for (const [role, { version }] of parseSnapshot(bytes, key).signed.meta) {
    const at = metadataKey(role, version);
    const file = await required(store, at, MAX_BYTES.targets);
    await checker.same(at, file);
    for (const [path, target] of filesOf(parseTargets(file, at).signed)) files.set(path, target);
  }
  for (const [path, file] of files) {
    if (
      (options.folder !== undefined && path.startsWith(options.folder)) ||
      /^[^/]+\/channels\/[^/]+$/.test(path)
    ) {
      await checker.target(targetKey(path, file.sha256), file);
    }
  }
  checker.end();
  return { url: web.url, objects: checker.objects, warnings: await warningsOf(web) };
}

async function required(store: ReadStore, key: string, maxBytes: number): Promise<Uint8Array> {
  const found = await store.read(key, maxBytes);
  if (found) return found.bytes;
  throw new OtaError('role-missing', `${store.url} has no ${key}, which its metadata names`, { where: key });
}

const filesOf = ({ targets }: Targets): readonly (readonly [string, Digest])[] =>
  [...targets].map(([path, { length, sha256 }]) => [path, { length, sha256 }]);

type Seen = 'same' | 'other' | 'missing';

/** Compares object by object, and collects what is not as it was published. */
class Checker {
  objects = 0;
  readonly #options: PublicOptions;
  readonly #faults: (Fault & { readonly code: Code })[] = [];
  #attempts = 1;

  constructor(options: PublicOptions) {
    this.#options = options;
  }

  same(key: string, bytes: Uint8Array): Promise<void> {
    return this.#eventually(key, async () => {
      const found = await this.#read(key, bytes.length);
      return typeof found === 'string' ? found : equalBytes(found, bytes) ? 'same' : 'other';
    });
  }

  target(key: string, { length, sha256: expected }: Digest): Promise<void> {
    return this.#eventually(key, async () => {
      if (length > READ_WHOLE) {
        const found = await this.#options.web.stat(key);
        return found ? (found.length === length ? 'same' : 'other') : 'missing';
      }
      const found = await this.#read(key, length);
      return typeof found === 'string' ? found : sha256(found) === expected ? 'same' : 'other';
    });
  }

  /** @throws OtaError `public-stale`, `public-missing` */
  end(): void {
    const faults = this.#faults;
    if (faults.length === 0) return;
    const { web } = this.#options;
    const stale = faults.filter(({ code }) => code === 'public-stale').length;
    throw new OtaError(
      stale > 0 ? 'public-stale' : 'public-missing',
      `it is published, but ${web.url} does not serve it: ${faults.length} of ${this.objects + faults.length} objects are not as they are in the store`,
      {
        where: web.url,
        faults: faults.map(({ where, message }) => ({ where, message })),
        hint: 'Devices see what was published before, or wait. Have the cache forget these addresses, or wait until it does; then run the same command again, which looks again. A cache must ask for timestamp.json each time, and must not keep a 404 (a device asks for the next root before there is one).',
      },
    );
  }

  async #read(key: string, length: number): Promise<Uint8Array | Exclude<Seen, 'same'>> {
    try {
      return (await this.#options.web.read(key, length))?.bytes ?? 'missing';
    } catch (error) {
      if (error instanceof OtaError && error.code === 'length-mismatch') return 'other';
      throw error;
    }
  }

  async #eventually(key: string, look: () => Promise<Seen>): Promise<void> {
    const { progress, pause = pauseFor } = this.#options;
    for (;;) {
      const seen = await look();
      progress({ task: `read back ${key}`, done: this.objects, total: this.objects });
      if (seen === 'same') {
        this.objects += 1;
        return;
      }
      if (this.#attempts >= ATTEMPTS) {
        const isOld = key === TIMESTAMP_KEY ? 'is an older or another one' : 'is another object';
        this.#faults.push(
          seen === 'missing'
            ? { code: 'public-missing', where: key, message: 'is not served' }
            : { code: 'public-stale', where: key, message: isOld },
        );
        return;
      }
      await pause(this.#attempts);
      this.#attempts += 1;
    }
  }
}

const pauseFor = (attempt: number): Promise<void> => sleep(500 * 2 ** attempt);

/** Whether caches are told what to keep: `timestamp.json` for no time to speak of, all others for as long as they like. */
async function warningsOf(web: WebStore): Promise<readonly string[]> {
  const found = await web.headers(TIMESTAMP_KEY);
  const wanted = headersOf(TIMESTAMP_KEY);
  const { cacheControl, contentType } = found ?? {};
  const seconds = Number(/(?:s-maxage|max-age)=(\d+)/.exec(cacheControl ?? '')?.[1] ?? 0);
  const isLong =
    !/no-cache|no-store/.test(cacheControl ?? '') && (cacheControl === undefined || seconds > FRESH_SECONDS);
  return [
    ...(isLong
      ? [
          `timestamp.json is served with ${header('Cache-Control', cacheControl)}: set "${wanted.cacheControl}", or devices learn late`,
        ]
      : []),
    ...(contentType === undefined || contentType.startsWith(wanted.contentType)
      ? []
      : [
          `timestamp.json is served with ${header('Content-Type', contentType)}: set "${wanted.contentType}"`,
        ]),
  ];
}

const header = (name: string, value: string | undefined): string =>
  value === undefined ? `no ${name}` : `${name} "${value}"`;
