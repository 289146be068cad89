import { Readable } from 'node:stream';
import type { S3 } from '@aws-sdk/client-s3';
import { toHex } from '../core/bytes.ts';

/** Told of bytes that have gone to the network; of fewer than none where they have to go again. */
export type Sent = (bytes: number) => void;

interface Input {
  readonly ChecksumSHA256?: string;
  readonly Body?: unknown;
  readonly PartNumber?: number;
}

interface Request {
  readonly headers: Record<string, string>;
  body?: unknown;
}

const SLICE = 256 * 1024;
const listeners = new WeakMap<Uint8Array, Sent>();

/** Has `sent` told of what goes out of these very bytes, as the body of the next request that has them. */
export function tellSent(bytes: Uint8Array, sent: Sent | undefined): void {
  if (sent !== undefined) listeners.set(bytes, sent);
}

/**
 * Has a client sign the SHA-256 that a request brings rather than hash the body once more, and tell how far a body has gone. An
 * attempt of a request gives its body piece by piece, as the network takes it; the client itself holds the bytes, and so can try again.
 */
export function tuneWire(s3: S3): void {
  s3.middlewareStack.add(
    (next) => (args) => {
      const { ChecksumSHA256, Body, PartNumber } = args.input as Input;
      const { headers } = args.request as Request;
      if (ChecksumSHA256 !== undefined && Body instanceof Uint8Array) {
        headers['x-amz-content-sha256'] = toHex(Buffer.from(ChecksumSHA256, 'base64'));
      }
      // The client opens a connection of its own for each request that expects a 100 first, of which an upload has thousands.
      if (PartNumber !== undefined) delete headers.Expect;
      return next(args);
    },
    { step: 'build', name: 'otaSignedDigest', priority: 'low' },
  );
  s3.middlewareStack.add(
    (next) => async (args) => {
      const request = args.request as Request;
      const sent = request.body instanceof Uint8Array ? listeners.get(request.body) : undefined;
      if (sent === undefined) return next(args);
      const counted = { sent: 0 };
      const body = Readable.from(slices(request.body as Uint8Array, counted, sent), {
        objectMode: false,
        highWaterMark: SLICE,
      });
      try {
        return await next({ ...args, request: withBody(request, body) });
      } catch (error) {
        sent(-counted.sent);
        throw error;
      } finally {
        body.destroy();
      }
    },
    { step: 'deserialize', name: 'otaSentBytes', priority: 'high' },
  );
}

/** The request as it was signed, with its own class. */
const withBody = (request: Request, body: Readable): Request =>
  Object.assign(Object.create(Object.getPrototypeOf(request) as object) as Request, request, { body });

function* slices(bytes: Uint8Array, counted: { sent: number }, sent: Sent): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += SLICE) {
    const slice = bytes.subarray(at, at + SLICE);
    yield slice;
    counted.sent += slice.length;
    sent(slice.length);
  }
}
