import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  /** Bucket and key, decoded, without the leading slash. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/**
 * What goes wrong with a request: another answer instead of doing it, `drop` to cut the connection without doing it, or
 * `lose` to do it and then cut the connection.
 */
export type Fate = Answer | 'drop' | 'lose' | undefined;
export type Fault = (asked: Asked) => Fate | Promise<Fate>;

/** How a store differs from Amazon's. */
export interface Quirks {
  readonly ifNoneMatch?: 'ignored' | 'unsupported';
  readonly ifMatch?: 'bare' | 'ignored';
  readonly checksum?: 'unsupported';
  /** On CompleteMultipartUpload. */
  readonly completeIfNoneMatch?: 'ignored' | 'unsupported';
  readonly copy?: 'unsupported';
  /** Gives no SHA-256 of an object when it is asked for one; an object in parts has none here in any case. */
  readonly objectChecksum?: 'none';
  /** What an ETag is made of; `random` where the store encrypts. */
  readonly etag?: 'random';
}

interface Stored {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Upload {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, Buffer>;
  /** In milliseconds; long ago where absent. */
  readonly begun?: number;
}

export const s3Fault = (status: number, code: string): Answer => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>as told</Message></Error>`,
});

/** An S3 store in memory on loopback, as far as `ota` speaks to one, that fails on demand. Any credentials will do. */
export class FakeS3 {
  readonly objects = new Map<string, Stored>();
  readonly uploads = new Map<string, Upload>();
  readonly asked: Asked[] = [];
  quirks: Quirks = {};
  fault: Fault = () => undefined;
  /** Seconds by which its clock is ahead. */
  skew = 0;
  url = '';
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  static async start(quirks: Quirks = {}): Promise<FakeS3> {
    const fake = new FakeS3();
    fake.quirks = quirks;
    await new Promise<void>((done) => fake.#server.listen(0, '127.0.0.1', done));
    fake.url = `http://127.0.0.1:${(fake.#server.address() as AddressInfo).port}`;
    return fake;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) pieces.push(piece as Buffer);
    } catch {
      return;
    }
    const url = new URL(request.url ?? '/', 'http://localhost');
    const asked: Asked = {
      method: request.method ?? '',
      path: decodeURIComponent(url.pathname.slice(1)).replace(/\/$/, ''),
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(pieces),
    };
    this.asked.push(asked);
    const fault = await this.fault(asked);
    if (fault === 'drop') return void request.socket.destroy();
    const answer = typeof fault === 'object' ? fault : this.#answer(asked);
    if (fault === 'lose') return void request.socket.destroy();
    response.writeHead(answer.status, {
      'content-length': Buffer.byteLength(answer.body ?? ''),
      date: new Date(Date.now() + this.skew * 1000).toUTCString(),
      ...answer.headers,
    });
    response.end(asked.method === 'HEAD' ? undefined : answer.body);
  }

  #answer(asked: Asked): Answer {
    const { method, path, query } = asked;
    if (method === 'GET' && query.has('list-type')) return this.#list(path, query);
    if (method === 'GET' && query.has('uploads')) return this.#listUploads(path, query);
    if (method === 'POST' && query.has('uploads')) return this.#start(asked);
    const upload = query.get('uploadId');
    if (upload !== null) return this.#inUpload(asked, upload);
    if (method === 'PUT') return this.#put(asked);
    if (method === 'DELETE') {
      this.objects.delete(path);
      return { status: 204 };
    }
    const found = this.objects.get(path);
    if (found === undefined) return s3Fault(404, 'NoSuchKey');
    const headers = { ...found.headers, etag: found.etag };
    if (method === 'HEAD') {
      const checksum =
        asked.headers['x-amz-checksum-mode'] === 'ENABLED' && !found.etag.includes('-')
          ? this.#checksum(found.bytes)
          : {};
      return {
        status: 200,
        headers: { ...headers, ...checksum, 'content-length': String(found.bytes.length) },
      };
    }
    return { status: 200, headers, body: found.bytes };
  }

  #put(asked: Asked): Answer {
    if (asked.headers['x-amz-copy-source'] !== undefined) {
      const source = this.#copySource(asked);
      if (!Buffer.isBuffer(source)) return source;
      const etag = this.#etag([source]);
      const from = this.objects.get(decodeURIComponent(String(asked.headers['x-amz-copy-source'])));
      const own = asked.headers['x-amz-metadata-directive'] === 'REPLACE';
      this.objects.set(asked.path, {
        bytes: source,
        etag,
        headers: own ? kept(asked) : (from?.headers ?? {}),
      });
      return xml('CopyObjectResult', `<ETag>${etag.replaceAll('"', '&quot;')}</ETag>`);
    }
    const refusal = this.#refusal(asked, this.quirks.ifNoneMatch) ?? badChecksum(asked, this.quirks);
    if (refusal !== undefined) return refusal;
    const etag = this.#etag([asked.body]);
    this.objects.set(asked.path, { bytes: asked.body, etag, headers: kept(asked) });
    return { status: 200, headers: { etag } };
  }

  #copySource({ headers }: Asked): Buffer | Answer {
    if (this.quirks.copy === 'unsupported') return s3Fault(501, 'NotImplemented');
    const found = this.objects.get(decodeURIComponent(String(headers['x-amz-copy-source'])));
    if (found === undefined) return s3Fault(404, 'NoSuchKey');
    const wanted = headers['x-amz-copy-source-if-match'];
    if (wanted !== undefined && wanted !== found.etag) return s3Fault(412, 'PreconditionFailed');
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(String(headers['x-amz-copy-source-range'])) ?? [];
    return Buffer.from(
      found.bytes.subarray(Number(from ?? 0), to === undefined ? undefined : Number(to) + 1),
    );
  }

  /** The MD5 of an object, or of those of its parts. */
  #etag(parts: readonly Buffer[], inParts = false): string {
    if (this.quirks.etag === 'random') return `"${randomUUID().replaceAll('-', '')}"`;
    const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest();
    const [first = Buffer.alloc(0)] = parts;
    return inParts
      ? `"${md5(Buffer.concat(parts.map(md5))).toString('hex')}-${parts.length}"`
      : `"${md5(first).toString('hex')}"`;
  }

  #checksum(bytes: Buffer): Record<string, string> {
    return this.quirks.objectChecksum === 'none' || this.quirks.checksum === 'unsupported'
      ? {}
      : { 'x-amz-checksum-sha256': createHash('sha256').update(bytes).digest('base64') };
  }

  #refusal({ headers, path }: Asked, ifNoneMatch: Quirks['ifNoneMatch']): Answer | undefined {
    const there = this.objects.get(path);
    if (headers['if-none-match'] !== undefined) {
      if (ifNoneMatch === 'unsupported') return s3Fault(501, 'NotImplemented');
      if (ifNoneMatch !== 'ignored' && there !== undefined) return s3Fault(412, 'PreconditionFailed');
    }
    const wanted = headers['if-match'];
    if (wanted === undefined || this.quirks.ifMatch === 'ignored') return undefined;
    if (there === undefined) return s3Fault(404, 'NoSuchKey');
    const etag = this.quirks.ifMatch === 'bare' ? there.etag.replaceAll('"', '') : there.etag;
    return wanted === etag ? undefined : s3Fault(412, 'PreconditionFailed');
  }

  #start(asked: Asked): Answer {
    const id = randomUUID();
    this.uploads.set(id, { path: asked.path, headers: kept(asked), parts: new Map(), begun: Date.now() });
    return xml('InitiateMultipartUploadResult', `<UploadId>${id}</UploadId>`);
  }

  #inUpload(asked: Asked, id: string): Answer {
    const upload = this.uploads.get(id);
    if (upload === undefined) return s3Fault(404, 'NoSuchUpload');
    if (asked.method === 'GET') return this.#listParts(upload, asked.query);
    if (asked.method === 'PUT' && asked.headers['x-amz-copy-source'] !== undefined) {
      const source = this.#copySource(asked);
      if (!Buffer.isBuffer(source)) return source;
      upload.parts.set(Number(asked.query.get('partNumber')), source);
      return xml('CopyPartResult', `<ETag>${this.#etag([source]).replaceAll('"', '&quot;')}</ETag>`);
    }
    if (asked.method === 'PUT') {
      const refusal = badChecksum(asked, this.quirks);
      if (refusal !== undefined) return refusal;
      upload.parts.set(Number(asked.query.get('partNumber')), asked.body);
      return { status: 200, headers: { etag: `"${createHash('md5').update(asked.body).digest('hex')}"` } };
    }
    if (asked.method === 'POST') {
      const refusal = this.#refusal(asked, this.quirks.completeIfNoneMatch);
      if (refusal !== undefined) return refusal;
      const parts = [...upload.parts].sort(([a], [b]) => a - b).map(([, part]) => part);
      const bytes = Buffer.concat(parts);
      this.objects.set(asked.path, { bytes, etag: this.#etag(parts, true), headers: upload.headers });
    }
    this.uploads.delete(id);
    if (asked.method === 'DELETE') return { status: 204 };
    return xml('CompleteMultipartUploadResult', `<ETag>&quot;${id}&quot;</ETag>`);
  }

  #list(bucket: string, query: URLSearchParams): Answer {
    const prefix = `${bucket}/${query.get('prefix') ?? ''}`;
    const after = query.get('continuation-token') ?? '';
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const page = keys.slice(0, 5);
    const rows = page.map(
      (key) =>
        `<Contents><Key>${key.slice(bucket.length + 1)}</Key><Size>${this.objects.get(key)?.bytes.length}</Size><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents>`,
    );
    const more = keys.length > page.length;
    const next = more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
    return xml('ListBucketResult', `<IsTruncated>${more}</IsTruncated>${next}${rows.join('')}`);
  }

  #listUploads(bucket: string, query: URLSearchParams): Answer {
    const prefix = `${bucket}/${query.get('prefix') ?? ''}`;
    const rows = [...this.uploads]
      .filter(([, { path }]) => path.startsWith(prefix))
      .map(
        ([id, { path, begun = LONG_AGO }]) =>
          `<Upload><Key>${path.slice(bucket.length + 1)}</Key><UploadId>${id}</UploadId><Initiated>${new Date(begun).toISOString()}</Initiated></Upload>`,
      );
    return xml('ListMultipartUploadsResult', rows.join(''));
  }

  /** Two to a page. */
  #listParts({ parts, begun = LONG_AGO }: Upload, query: URLSearchParams): Answer {
    const after = Number(query.get('part-number-marker') ?? 0);
    const numbers = [...parts.keys()].filter((number) => number > after).sort((a, b) => a - b);
    const page = numbers.slice(0, 2);
    const rows = page.map((number) => {
      const bytes = parts.get(number) ?? Buffer.alloc(0);
      return `<Part><PartNumber>${number}</PartNumber><Size>${bytes.length}</Size><ETag>${this.#etag([bytes])}</ETag><LastModified>${new Date(begun).toISOString()}</LastModified></Part>`;
    });
    const more = numbers.length > page.length;
    const next = more ? `<NextPartNumberMarker>${page.at(-1)}</NextPartNumberMarker>` : '';
    return xml('ListPartsResult', `<IsTruncated>${more}</IsTruncated>${next}${rows.join('')}`);
  }
}

function badChecksum({ headers, body }: Asked, quirks: Quirks): Answer | undefined {
  const given = headers['x-amz-checksum-sha256'];
  if (given === undefined) return undefined;
  if (quirks.checksum === 'unsupported') return s3Fault(501, 'NotImplemented');
  return given === createHash('sha256').update(body).digest('base64') ? undefined : s3Fault(400, 'BadDigest');
}

const LONG_AGO = Date.parse('2026-01-02T03:04:05.000Z');

const xml = (name: string, content: string): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0"?><${name}>${content}</${name}>`,
});

const kept = ({ headers }: Asked): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' && /^(?:content-type|cache-control|x-amz-meta-.+)$/.test(name)
        ? [[name, value]]
        : [],
    ),
  );
