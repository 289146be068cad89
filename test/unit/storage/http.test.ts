import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fromUtf8 } from '../../../src/core/bytes.ts';
import { sha256 } from '../../../src/core/digest.ts';
import { httpStore } from '../../../src/storage/http.ts';

let server: Server;
let origin = '';
let handle: RequestListener;
let asked: { url: string; headers: Record<string, unknown> }[];
let methods: (string | undefined)[];
beforeEach(async () => {
  asked = [];
  methods = [];
  handle = (_, response) => response.end('hello');
  server = createServer((request, response) => {
    methods.push(request.method);
    asked.push({ url: request.url ?? '', headers: request.headers });
    handle(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

const answer =
  (status: number, headers: Record<string, string> = {}, body = ''): RequestListener =>
  (_, response) => {
    response.writeHead(status, headers).end(body);
  };

async function all(pieces: AsyncIterable<Uint8Array> | undefined): Promise<string | undefined> {
  if (pieces === undefined) return undefined;
  const kept: Uint8Array[] = [];
  for await (const piece of pieces) kept.push(piece);
  return fromUtf8(Buffer.concat(kept));
}

describe('reading', () => {
  test.each(['/repo', '/repo/'])('below %s, whole or as a stream', async (path) => {
    const store = httpStore(origin + path);
    expect(store.url).toBe(`${origin}/repo/`);
    const found = await store.read('a/1.root.json', 5);
    expect(found).toEqual({
      bytes: new Uint8Array(Buffer.from('hello')),
      token: sha256(Buffer.from('hello')),
    });
    expect(await all(await store.stream('a/1.root.json'))).toBe('hello');
    expect(asked.map(({ url }) => url)).toEqual(['/repo/a/1.root.json', '/repo/a/1.root.json']);
  });

  test('sends no cookies, not even ones it was given, and wants the bytes as they are stored', async () => {
    handle = answer(200, { 'set-cookie': 'a=b' }, 'hello');
    const store = httpStore(origin);
    await store.read('k', 5);
    await store.read('k', 5);
    expect(asked[1]?.headers).not.toHaveProperty('cookie');
    expect(asked[1]?.headers).not.toHaveProperty('authorization');
    expect(asked[1]?.headers).toMatchObject({ 'accept-encoding': 'identity' });
  });

  test.each([403, 404, 410])('%i is a missing object', async (status) => {
    handle = answer(status, {}, 'a long page about it');
    const store = httpStore(origin);
    expect(await store.read('k', 5)).toBeUndefined();
    expect(await store.stream('k')).toBeUndefined();
  });

  test.each([
    [401, 'store-refused'],
    [500, 'store-failed'],
    [204, 'store-failed'],
    [206, 'store-failed'],
    [304, 'store-failed'],
  ])('%i is %s', async (status, code) => {
    handle = answer(status);
    await expect(httpStore(origin).read('k', 5)).rejects.toMatchObject({ code, exitCode: 6 });
  });

  test.each(['../k', '', '/k', '//other.example/k', 'a?b', 'a#b', 'http:k'])(
    'refuses the key %j',
    async (key) => {
      const store = httpStore(`${origin}/repo`);
      await expect(store.read(key, 5)).rejects.toMatchObject({ code: 'name-invalid' });
      await expect(store.stream(key)).rejects.toMatchObject({ code: 'name-invalid' });
      expect(asked).toEqual([]);
    },
  );
});

describe('limits', () => {
  test('an announced length over the limit is refused before a byte of it is read', async () => {
    handle = (_, response) => {
      response.writeHead(200, { 'content-length': String(2 ** 40) }).write('x');
    };
    await expect(httpStore(origin).read('k', 100)).rejects.toMatchObject({ code: 'length-mismatch' });
  });

  test('an endless answer is left at the limit', async () => {
    let sent = 0;
    handle = (request, response) => {
      const more = (): void => {
        while (!request.socket.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
        sent += 65_536;
      };
      response.on('drain', more);
      more();
    };
    await expect(httpStore(origin).read('k', 1_000_000)).rejects.toMatchObject({ code: 'length-mismatch' });
    expect(sent).toBeLessThan(50_000_000);
  });

  test('an answer that is shorter than announced is no answer', async () => {
    handle = (request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half', () => request.socket.destroy());
    };
    await expect(httpStore(origin).read('k', 100)).rejects.toMatchObject({ code: 'store-unreachable' });
  });
});

describe('redirects', () => {
  test('are followed on the same server', async () => {
    handle = (request, response) => {
      if (request.url === '/repo/k') response.writeHead(302, { location: '/elsewhere/k' }).end();
      else response.end('moved');
    };
    const found = await httpStore(`${origin}/repo`).read('k', 10);
    expect(found === undefined ? found : fromUtf8(found.bytes)).toBe('moved');
  });

  test.each([
    ['another host', 'http://updates.invalid/k'],
    ['another port', 'http://127.0.0.1:1/k'],
    ['another scheme', 'file:///etc/passwd'],
    ['an address that is none', 'http://['],
  ])('to %s are refused', async (_, location) => {
    handle = answer(302, { location });
    await expect(httpStore(origin).read('k', 10)).rejects.toMatchObject({ code: 'store-refused' });
    expect(asked).toHaveLength(1);
  });

  test('that never end are refused', async () => {
    handle = answer(302, { location: '/again' });
    await expect(httpStore(origin).read('k', 10)).rejects.toMatchObject({ code: 'store-refused' });
    expect(asked).toHaveLength(6);
  });
});

describe('failures', () => {
  test('a server that is busy for a moment is asked again', async () => {
    handle = (_, response) => response.writeHead(asked.length < 3 ? 503 : 200).end('hello');
    expect(await httpStore(origin).read('k', 5)).toBeDefined();
    expect(asked).toHaveLength(3);
  });

  test('one that stays busy is said so', async () => {
    handle = answer(503);
    await expect(httpStore(origin).read('k', 5)).rejects.toMatchObject({ code: 'store-failed' });
    expect(asked).toHaveLength(3);
  });

  test('a port where nothing listens fails soon', async () => {
    const gone = createServer();
    await new Promise<void>((done) => gone.listen(0, '127.0.0.1', done));
    const { port } = gone.address() as AddressInfo;
    await new Promise((done) => gone.close(done));
    const started = Date.now();
    await expect(httpStore(`http://127.0.0.1:${port}`).read('k', 5)).rejects.toMatchObject({
      code: 'store-unreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    expect(Date.now() - started).toBeLessThan(10_000);
  });

  test('a port that fetch never uses is told as such', async () => {
    await expect(httpStore('http://127.0.0.1:1').read('k', 5)).rejects.toMatchObject({
      code: 'store-unreachable',
      message: expect.stringMatching(/cannot be read \(bad port\)$/),
      hint: expect.any(String),
    });
  });

  test('a server that does not go on is left after the timeout', async () => {
    handle = (_, response) => {
      response.writeHead(200).write('half');
    };
    const started = Date.now();
    await expect(httpStore(origin, { timeout: 150 }).read('k', 5)).rejects.toMatchObject({
      code: 'store-unreachable',
    });
    handle = () => {};
    await expect(httpStore(origin, { timeout: 150 }).read('k', 5)).rejects.toMatchObject({
      code: 'store-unreachable',
    });
    expect(Date.now() - started).toBeLessThan(5_000);
  });

  test('a reader that takes its time is served to the end', async () => {
    handle = (_, response) => {
      response.write(Buffer.alloc(4 * 2 ** 20));
      response.end('end');
    };
    const pieces = await httpStore(origin, { timeout: 150 }).stream('k');
    let length = 0;
    let first = true;
    for await (const piece of pieces ?? []) {
      if (first) await new Promise((done) => setTimeout(done, 400));
      first = false;
      length += piece.length;
    }
    expect(length).toBe(4 * 2 ** 20 + 3);
  });

  test.each(['ftp://x/', 'x', '', 'http://user:secret@x/', 'https://x/?token=secret', 'https://x/#a'])(
    '%j is wrong usage, and no secret is repeated',
    (address) => {
      const open = () => httpStore(address);
      expect(open).toThrow(expect.objectContaining({ code: 'usage-flag' }));
      expect(open).toThrow(expect.not.objectContaining({ message: expect.stringContaining('secret') }));
    },
  );
});

describe('the length of an object', () => {
  test('by HEAD, without reading it', async () => {
    handle = answer(200, { 'content-length': '5' }, 'hello');
    expect(await httpStore(origin).stat('k')).toEqual({ length: 5 });
    expect(methods).toEqual(['HEAD']);
  });

  test.each([405, 501])('by reading it, where HEAD is answered with %i', async (status) => {
    handle = (request, response) => {
      if (request.method === 'HEAD') response.writeHead(status).end();
      else response.end('hello');
    };
    expect(await httpStore(origin).stat('k')).toEqual({ length: 5 });
    expect(methods).toEqual(['HEAD', 'GET']);
  });

  test('of a missing one is none', async () => {
    handle = answer(404);
    expect(await httpStore(origin).stat('k')).toBeUndefined();
  });
});
