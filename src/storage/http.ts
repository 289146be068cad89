import { setTimeout as sleep } from 'node:timers/promises';
import { sha256 } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { collect, tooLong } from './body.ts';
import { checkKey } from './key.ts';
import type { ReadStore } from './store.ts';

const TIMEOUT = 20_000;
const ATTEMPTS = 3;
const MAX_REDIRECTS = 5;
/** A server or a proxy that is busy for the moment. */
const TRANSIENT: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export interface HttpOptions {
  /** Milliseconds to wait for the start of an answer, and for each further piece. */
  readonly timeout?: number;
}

/** A web server says more of an object than its bytes. */
export interface WebStore extends ReadStore {
  /** `undefined` where there is no object; a header that is not there is absent. */
  headers(
    key: string,
  ): Promise<{ readonly cacheControl?: string; readonly contentType?: string } | undefined>;
}

/**
 * A published repository behind a web server, to read. Redirects are followed within the same origin only; no cookies, no
 * credentials.
 *
 * @throws OtaError `usage-flag` for what is not an `http://` or `https://` address of a folder
 */
export function httpStore(address: string, { timeout = TIMEOUT }: HttpOptions = {}): WebStore {
  const base = parseBase(address);
  return {
    url: base.href,
    read: async (key, maxBytes) => {
      const answer = await get(base, key, timeout, maxBytes);
      if (answer === undefined) return undefined;
      const bytes = await collect(answer.body, maxBytes, answer.url);
      return { bytes, token: sha256(bytes) };
    },
    stream: async (key) => (await get(base, key, timeout))?.body,
    stat: (key) => stat(base, key, timeout),
    headers: (key) => headers(base, key, timeout),
  };
}

function parseBase(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const clean = url?.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (url === undefined || !/^https?:$/.test(url.protocol) || !clean) {
    throw new OtaError('usage-flag', 'the store is not a plain http:// or https:// address', {
      hint: 'Write it as https://updates.example.com/path, without a user name, "?" or "#".',
    });
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** By HEAD; by reading the object where the server does not answer that, or not with a length. */
async function stat(
  base: URL,
  key: string,
  timeout: number,
): Promise<{ readonly length: number } | undefined> {
  const watch = new Watch(timeout);
  const response = await patiently(new URL(checkKey(key, base.href), base), watch, 'HEAD');
  watch.stop();
  const announced = Number(response.headers.get('content-length') ?? Number.NaN);
  if (response.status === 200 && Number.isSafeInteger(announced)) return { length: announced };
  const answer = await get(base, key, timeout);
  if (answer === undefined) return undefined;
  let length = 0;
  for await (const piece of answer.body) length += piece.length;
  return { length };
}

async function headers(base: URL, key: string, timeout: number): ReturnType<WebStore['headers']> {
  const watch = new Watch(timeout);
  const { status, headers: found } = await patiently(new URL(checkKey(key, base.href), base), watch, 'HEAD');
  watch.stop();
  if (status !== 200) return undefined;
  const [cacheControl, contentType] = [found.get('cache-control'), found.get('content-type')];
  return {
    ...(cacheControl === null ? {} : { cacheControl }),
    ...(contentType === null ? {} : { contentType }),
  };
}

interface Answer {
  readonly url: string;
  readonly body: AsyncGenerator<Uint8Array>;
}

async function get(
  base: URL,
  key: string,
  timeout: number,
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<Answer | undefined> {
  const url = new URL(checkKey(key, base.href), base);
  const watch = new Watch(timeout);
  const response = await patiently(url, watch, 'GET');
  watch.stop();
  const announced = Number(response.headers.get('content-length') ?? 0);
  if (response.status === 200 && announced <= maxBytes) {
    return { url: url.href, body: guarded(response, url.href, watch) };
  }
  await response.body?.cancel();
  if (response.status === 200) throw tooLong(maxBytes, url.href);
  if ([403, 404, 410].includes(response.status)) return undefined;
  throw new OtaError(
    response.status === 401 ? 'store-refused' : 'store-failed',
    `${url.href} answered ${response.status} ${response.statusText}`.trimEnd(),
    { where: url.href, hint: 'Check the address, or run the same command again in a while.' },
  );
}

async function patiently(url: URL, watch: Watch, method: 'GET' | 'HEAD'): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await followed(url, watch, method);
      if (attempt === ATTEMPTS || !TRANSIENT.has(response.status)) return response;
      await response.body?.cancel();
    } catch (error) {
      if (error instanceof OtaError) throw error;
      if (attempt === ATTEMPTS || watch.expired) throw unreachable(error, url.href);
    }
    await sleep(100 * 4 ** attempt);
  }
}

async function followed(start: URL, watch: Watch, method: 'GET' | 'HEAD'): Promise<Response> {
  let url = start;
  for (let redirects = 0; ; redirects += 1) {
    watch.restart();
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      credentials: 'omit',
      // A payload is hashed as it is stored, so nobody may compress it on the way.
      headers: { 'accept-encoding': 'identity' },
      signal: watch.signal,
    });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) return response;
    await response.body?.cancel();
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (next?.origin !== start.origin || next.username !== '' || redirects === MAX_REDIRECTS) {
      throw new OtaError(
        'store-refused',
        `${start.href} redirects ${next === undefined ? 'nowhere' : `to ${next.origin}`}`,
        {
          where: start.href,
          hint: 'Redirects are followed within the same server only. Give the address that it leads to.',
        },
      );
    }
    url = next;
  }
}

async function* guarded(response: Response, where: string, watch: Watch): AsyncGenerator<Uint8Array> {
  try {
    watch.restart();
    for await (const piece of response.body ?? []) {
      // A reader that takes its time is not a server that does not answer.
      watch.stop();
      yield piece;
      watch.restart();
    }
  } catch (error) {
    throw unreachable(error, where);
  } finally {
    watch.stop();
  }
}

/** Aborts a request when nothing has happened for a while. */
class Watch {
  readonly #controller = new AbortController();
  readonly #timeout: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get expired(): boolean {
    return this.signal.aborted;
  }

  restart(): void {
    this.stop();
    this.#timer = setTimeout(() => this.#controller.abort(), this.#timeout).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

function unreachable(error: unknown, where: string): OtaError {
  // `fetch` tells the network's fault as the cause of a TypeError; one that it finds itself, as a port that it never uses, has no code.
  const { cause: fault, name } = error as { cause?: { code?: string; message?: string }; name: string };
  const cause = fault?.code ?? fault?.message ?? name;
  return new OtaError('store-unreachable', `${where} cannot be read (${cause})`, {
    where,
    hint: 'Check the address and the network, then run the same command again.',
    cause: error,
  });
}
