import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WritableStore } from './writable-store.ts';

interface Kept {
  readonly status: number;
  readonly bytes: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export interface CachingProxy {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** What it keeps although it was told to ask each time, or although nothing was there. */
  readonly faults: { ignoresNoCache: boolean; keepsMissing: boolean };
  /** Answers of this object that it keeps are forgotten; all, without a key. */
  purge(key?: string): void;
  close(): Promise<void>;
}

/**
 * A cache on the loopback interface as a CDN has it, in front of a store in memory: it keeps what the headers of the store allow, and, where it is
 * set up wrong, more.
 */
export async function cachingProxy(store: WritableStore): Promise<CachingProxy> {
  const kept = new Map<string, Kept>();
  const faults = { ignoresNoCache: false, keepsMissing: false };
  const fetched = (key: string): Kept => {
    const bytes = store.objects.get(key);
    const { contentType, cacheControl } = store.headers.get(key) ?? {};
    if (!bytes) return { status: 404, bytes: new Uint8Array(), headers: {} };
    return {
      status: 200,
      bytes,
      headers: {
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
        ...(cacheControl === undefined ? {} : { 'cache-control': cacheControl }),
      },
    };
  };
  const mayKeep = ({ status, headers }: Kept): boolean =>
    status === 404
      ? faults.keepsMissing
      : faults.ignoresNoCache || headers['cache-control']?.includes('immutable') === true;
  const server = createServer((request, response) => {
    const key = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname).slice(1);
    const answer = kept.get(key) ?? fetched(key);
    if (mayKeep(answer)) kept.set(key, answer);
    const { status, bytes, headers } = answer;
    response.writeHead(status, { ...headers, 'content-length': bytes.length });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    purge: (key) => {
      if (key === undefined) kept.clear();
      else kept.delete(key);
    },
    close: () =>
      new Promise((done, fail) => {
        server.closeAllConnections();
        server.close((error) => (error ? fail(error) : done()));
      }),
  };
}
