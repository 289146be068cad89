import type { S3 } from '@aws-sdk/client-s3';
import { OtaError } from '../core/errors.ts';
import { checkKey } from './key.ts';
import { tuneWire } from './s3-wire.ts';

export interface S3Options {
  readonly bucket: string;
  /** Where in the bucket, `/`-separated; the whole bucket where absent or empty. */
  readonly prefix?: string;
  /** `http://` or `https://` of a store that is not Amazon's. */
  readonly endpoint?: string;
  readonly region?: string;
  /** A profile of the shared AWS configuration files. */
  readonly profile?: string;
  /** Bucket in the path rather than in the host name; by default where there is an endpoint. */
  readonly pathStyle?: boolean;
  /** The user states that nobody else ever writes to this store. */
  readonly singleWriter?: boolean;
  /** The user states that the clock of this machine is right. */
  readonly clockIsRight?: boolean;
  /** Seconds without a new part after which an upload that someone else began is gone on with; 10 where absent. */
  readonly idle?: number;
}

/** A client with the bucket and prefix that it is used for. */
export interface Connection {
  readonly s3: S3;
  readonly bucket: string;
  readonly url: string;
  /** The name of an object in the bucket. @throws OtaError `name-invalid` */
  name(key: string): string;
  readonly prefix: string;
  /** Seconds by which the store's clock is ahead of this machine's, as of its last answer. */
  skew(): number | undefined;
}

/** The folder of the probe's objects, each named at random so that two probes do not disturb one another. */
export const PROBE = '.ota-probe/';

/** Milliseconds; with the attempts below, an endpoint that does not answer fails in about ten seconds. */
const CONNECT_TIMEOUT = 2_500;
const IDLE_TIMEOUT = 30_000;
const ATTEMPTS = 3;

/** @throws OtaError `usage-flag`, `store-refused` */
export async function connect(options: S3Options): Promise<Connection> {
  const prefix = checkedPrefix(options);
  const url = `s3://${options.bucket}${prefix === '' ? '' : `/${prefix}`}`;
  const s3 = await client(options, url);
  tuneWire(s3);
  return {
    s3,
    skew: watchClock(s3),
    bucket: options.bucket,
    url,
    prefix: prefix === '' ? '' : `${prefix}/`,
    name: (key) => (prefix === '' ? '' : `${prefix}/`) + checkKey(key, url),
  };
}

function checkedPrefix({ bucket, prefix = '' }: S3Options): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/.test(bucket)) {
    throw new OtaError('usage-flag', `${JSON.stringify(bucket)} is not the name of a bucket`, {
      hint: 'Write the store as s3://bucket/prefix.',
    });
  }
  const trimmed = prefix.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? '' : checkKey(trimmed, `s3://${bucket}`);
}

async function client(options: S3Options, url: string): Promise<S3> {
  // The SDK is pinned, and runs on every Node that this tool does; its advice to move on is not for the user of a release tool.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const { S3: Client } = await import('@aws-sdk/client-s3');
  const { endpoint, region, profile } = options;
  const config = {
    ...(endpoint === undefined ? { followRegionRedirects: true } : { endpoint: checkedEndpoint(endpoint) }),
    ...(profile === undefined ? {} : { profile }),
    forcePathStyle: options.pathStyle ?? endpoint !== undefined,
    // Stores that are not Amazon's refuse the checksums that the SDK adds by itself; ours are given with each request.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT, socketTimeout: IDLE_TIMEOUT },
  } as const;
  if (region !== undefined) return new Client({ ...config, region });
  const unset = new Client(config);
  const found = await unset.config.region().catch(() => undefined);
  if (found !== undefined) return unset;
  unset.destroy();
  if (endpoint !== undefined) return new Client({ ...config, region: 'us-east-1' });
  throw new OtaError('store-refused', `no AWS region is set for ${url}`, {
    where: url,
    hint: 'Set AWS_REGION, or a region in the AWS profile, or give --region.',
  });
}

/** Reads the time in each answer. The client goes by the store's clock where the two differ, so that nobody would notice. */
function watchClock(s3: S3): Connection['skew'] {
  let skew: number | undefined;
  s3.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { readonly headers?: Readonly<Record<string, string>> };
      const date = Date.parse(headers?.date ?? '');
      if (!Number.isNaN(date)) skew = Math.round((date - Date.now()) / 1000);
      return result;
    },
    { step: 'deserialize', priority: 'low' },
  );
  return () => skew;
}

function checkedEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') {
    return endpoint;
  }
  throw new OtaError('usage-flag', 'the endpoint is not an http:// or https:// address without a user name', {
    hint: 'Write it as https://s3.example.com or http://127.0.0.1:8080.',
  });
}
