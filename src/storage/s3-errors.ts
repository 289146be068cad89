import { type Code, OtaError } from '../core/errors.ts';

interface ServiceError {
  readonly name?: string;
  /** The code of the S3 answer, or of the operating system. */
  readonly Code?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
}

/** What a refused request means for what is done next. */
export type Refusal =
  /** 412: the precondition does not hold. */
  | 'precondition'
  /** 409: another request is under way; try again. */
  | 'conflict'
  /** 501: the store does not know a header that was sent. */
  | 'unsupported'
  | 'missing'
  | 'upload-gone'
  /** 403 without a fault in the credentials: forbidden, or missing where listing is forbidden. */
  | 'denied'
  | 'other';

export function refusalOf(error: unknown): Refusal {
  const name = nameOf(error);
  if (name === 'NoSuchUpload') return 'upload-gone';
  if (name === 'NoSuchBucket') return 'other';
  switch (statusOf(error)) {
    case 412:
      return 'precondition';
    case 409:
      return 'conflict';
    case 501:
      return 'unsupported';
    case 404:
      return 'missing';
    case 403:
      return name === 'AccessDenied' || name === 'AllAccessDisabled' ? 'denied' : 'other';
    default:
      return 'other';
  }
}

/** Whether the client sent the request more than once, so that an earlier attempt may have succeeded. */
export const wasRetried = (error: unknown): boolean => ((error as ServiceError).$metadata?.attempts ?? 1) > 1;

export const statusOf = (error: unknown): number | undefined =>
  (error as ServiceError).$metadata?.httpStatusCode;

const nameOf = (error: unknown): string => {
  const { Code, name, code } = error as ServiceError;
  return Code ?? (name === undefined || name === 'Error' ? (code ?? 'Error') : name);
};

interface Explanation {
  readonly code: Code;
  readonly what: string;
  readonly hint: string;
}

const CREDENTIALS =
  'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN for temporary ones), or AWS_PROFILE.';
const EXPIRED =
  'Get new credentials and run the same command again; what is stored already is not sent twice.';
const refused = (what: string, hint = CREDENTIALS): Explanation => ({ code: 'store-refused', what, hint });

const UNSAFE: Explanation = {
  code: 'store-unsafe',
  what: 'does not implement what was asked of it (501)',
  hint: 'It cannot refuse a second write. Use another store, or say --single-writer if nobody else ever writes to it.',
};
const UNREACHABLE: Explanation = {
  code: 'store-unreachable',
  what: 'cannot be reached',
  hint: 'Check the endpoint and the network, then run the same command again.',
};

const EXPLAINED: Readonly<Record<string, Explanation>> = {
  NoSuchBucket: {
    code: 'store-missing',
    what: 'has no such bucket',
    hint: 'Check the name, the endpoint and the region, or make the bucket first.',
  },
  CredentialsProviderError: refused('cannot be used: no AWS credentials were found'),
  InvalidAccessKeyId: refused('does not know the access key'),
  SignatureDoesNotMatch: refused('refused the secret key'),
  ExpiredToken: refused('says that the credentials have expired', EXPIRED),
  ExpiredTokenException: refused('says that the credentials have expired', EXPIRED),
  TokenRefreshRequired: refused('says that the credentials have expired', EXPIRED),
  InvalidToken: refused('refused the session token', EXPIRED),
  RequestTimeTooSkewed: refused(
    'says that the clock of this machine is wrong',
    'Set the clock, then try again.',
  ),
  AccessDenied: refused(
    'does not allow this',
    'Ask for a policy that lets these credentials write below the prefix.',
  ),
  AuthorizationHeaderMalformed: refused('expects another region', 'Set AWS_REGION or give --region.'),
  PermanentRedirect: refused('is in another region', 'Set AWS_REGION or give --region.'),
  NotImplemented: UNSAFE,
  XAmzContentSHA256Mismatch: {
    code: 'store-failed',
    what: 'received other bytes than were sent',
    hint: 'Nothing was stored. Run the same command again; if it fails again, look for a proxy or bad memory.',
  },
};

/** Codes of the operating system, of TLS and of the client's own timers. */
const NETWORK =
  /^(?:ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EHOST|ENET|EPIPE|EPROTO|ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|TimeoutError)/;

/**
 * Any failure of a request as one of the store. A code that the service named decides before the HTTP status does.
 *
 * @returns OtaError `store-missing`, `store-refused`, `store-unsafe`, `store-unreachable`, `store-conflict`, `store-failed`; an
 *   OtaError as it was
 */
export function s3Error(error: unknown, where: string): OtaError {
  if (error instanceof OtaError) return error;
  const { code, what, hint } = explain(error);
  return new OtaError(code, `${where} ${what}`, { where, hint, cause: error });
}

function explain(error: unknown): Explanation {
  const name = nameOf(error);
  const status = statusOf(error);
  const { code, message } = error as ServiceError;
  const known = EXPLAINED[name];
  if (known !== undefined) return known;
  if (NETWORK.test(name) || (code !== undefined && NETWORK.test(code))) {
    return { ...UNREACHABLE, what: `cannot be reached (${code ?? name})` };
  }
  const said = `${status === undefined ? '' : `${status} `}${name}`;
  if (status === 501) return UNSAFE;
  if (status === 401 || status === 403) return refused(`refused the request (${said})`);
  if (status === 409 || status === 412) {
    return {
      code: 'store-conflict',
      what: `is being written by someone else (${said})`,
      hint: 'Run the same command again.',
    };
  }
  if (status !== undefined && status >= 500) {
    return { code: 'store-failed', what: `failed (${said})`, hint: 'Run the same command again in a while.' };
  }
  return {
    code: 'store-failed',
    what: `did not answer as S3 does (${said}${message === undefined || message === 'UnknownError' ? '' : `: ${message}`})`,
    hint: 'Check that the endpoint is that of an S3 store.',
  };
}
