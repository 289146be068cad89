/**
 * Every failure that a person can cause or meet, as a closed set.
 *
 * A code names one cause; its category decides the exit code. A failure without a code is a bug of ours and exits 1.
 */
export const EXIT = {
  usage: 2,
  input: 3,
  verification: 4,
  unsigned: 5,
  storage: 6,
  due: 7,
  cancelled: 130,
} as const;

export type Category = keyof typeof EXIT;

export const CODES = {
  // usage
  'usage-flag': 'usage',
  // input
  'input-missing': 'input',
  'input-unreadable': 'input',
  'input-directory': 'input',
  'input-empty': 'input',
  'input-changed': 'input',
  'clock-wrong': 'input',
  'input-unknown': 'input',
  'input-too-large': 'input',
  'output-exists': 'input',
  'output-failed': 'input',
  'disk-full': 'input',
  'name-invalid': 'input',
  'version-invalid': 'input',
  'size-invalid': 'input',
  'date-invalid': 'input',
  'json-invalid': 'input',
  'shape-invalid': 'input',
  'release-file-invalid': 'input',
  'signatures-full': 'input',
  'bundle-invalid': 'verification',
  'delta-invalid': 'verification',
  'delta-wrong-base': 'verification',
  'delta-too-large': 'input',
  'delta-killed': 'input',
  'payload-invalid': 'verification',
  'key-invalid': 'input',
  'device-busy': 'input',
  'key-missing': 'input',
  'key-exists': 'input',
  'key-demo': 'input',
  'passphrase-wrong': 'input',
  'passphrase-invalid': 'input',
  'passphrase-missing': 'usage',
  'key-uri-invalid': 'input',
  'log-busy': 'input',
  'agent-missing': 'input',
  'agent-refused': 'input',
  'token-missing': 'input',
  'token-failed': 'input',
  'module-missing': 'input',
  'package-missing': 'input',
  'pin-missing': 'usage',
  'pin-wrong': 'input',
  'pin-locked': 'input',
  'command-failed': 'input',
  'release-exists': 'input',
  'counter-lower': 'input',
  'plan-too-large': 'input',
  'order-unsafe': 'input',
  'image-refused': 'input',
  'releases-stranded': 'input',
  'channel-back': 'input',
  'channel-exists': 'input',
  'channel-unchanged': 'input',
  'channel-missing': 'input',
  'release-archived': 'input',
  'release-recalled': 'input',
  'reason-invalid': 'input',
  'rollout-missing': 'input',
  'rollout-running': 'input',
  'release-missing': 'input',
  'response-invalid': 'input',
  'confirmation-wrong': 'input',
  'confirmation-missing': 'usage',
  'role-unknown': 'input',
  'key-duplicate': 'input',
  'key-lost': 'input',
  'threshold-invalid': 'input',
  'threshold-lost': 'input',
  'expiry-invalid': 'input',
  'proposal-invalid': 'input',
  'proposal-empty': 'input',
  'media-missing': 'input',
  'media-too-large': 'input',
  'media-moved': 'input',
  // verification
  'digest-mismatch': 'verification',
  'length-mismatch': 'verification',
  'signature-invalid': 'verification',
  'log-broken': 'verification',
  'threshold-unmet': 'verification',
  'role-expired': 'verification',
  'role-expiring': 'verification',
  'role-rollback': 'verification',
  'role-version': 'verification',
  'role-missing': 'verification',
  'role-unlisted': 'verification',
  'role-undelegated': 'verification',
  'role-too-large': 'verification',
  'role-json': 'verification',
  'role-type': 'verification',
  'role-spec-version': 'verification',
  'role-number': 'verification',
  'role-date': 'verification',
  'role-keys': 'verification',
  'role-signers': 'verification',
  'role-name': 'verification',
  'role-delegations': 'verification',
  'role-invalid': 'verification',
  'media-profile-invalid': 'verification',
  'signature-twice': 'verification',
  'signatures-too-many': 'verification',
  'root-rotations': 'verification',
  'search-too-wide': 'verification',
  'product-unknown': 'verification',
  'channel-foreign': 'verification',
  'archive-foreign': 'verification',
  'archive-page': 'verification',
  'channel-unlisted': 'verification',
  'channel-held': 'verification',
  'target-unlisted': 'verification',
  'target-hash': 'verification',
  'target-too-large': 'verification',
  'target-missing': 'verification',
  'target-path': 'verification',
  'target-invalid': 'verification',
  'root-missing': 'verification',
  'root-differs': 'verification',
  'hardware-mismatch': 'verification',
  'counter-rollback': 'verification',
  'update-unsafe': 'verification',
  'slot-too-small': 'verification',
  'device-invalid': 'verification',
  'request-invalid': 'verification',
  'response-foreign': 'verification',
  'target-undelegated': 'verification',
  'release-inconsistent': 'verification',
  'repository-faulty': 'verification',
  'media-faulty': 'verification',
  'media-incomplete': 'verification',
  'media-damaged': 'verification',
  'media-foreign': 'verification',
  'media-expired': 'verification',
  'media-revoked': 'verification',
  'media-older': 'verification',
  'media-other-base': 'verification',
  // signatures
  'signatures-missing': 'unsigned',
  // storage
  'store-unreachable': 'storage',
  'store-refused': 'storage',
  'store-failed': 'storage',
  'store-missing': 'storage',
  'store-conflict': 'storage',
  'store-stale': 'storage',
  'store-unsafe': 'storage',
  'store-mismatch': 'storage',
  'request-stale': 'storage',
  'public-stale': 'storage',
  'public-missing': 'storage',
  'media-removed': 'storage',
  cancelled: 'cancelled',
} as const satisfies Record<string, Category>;

export type Code = keyof typeof CODES;

export interface ErrorDetails {
  /** The file, key, role, path or `line:column` that the fault is in. */
  readonly where?: string;
  /** What to do next, as a sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Each single fault, where several were found at once. */
  readonly faults?: readonly Fault[];
}

export interface Fault {
  readonly where: string;
  readonly message: string;
}

/** A failure with a code, what and where it is, and what to do next. */
export class OtaError extends Error {
  override readonly name = 'OtaError';
  readonly code: Code;
  readonly where: string | undefined;
  readonly hint: string | undefined;
  readonly faults: readonly Fault[];

  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.where = details.where;
    this.hint = details.hint;
    this.faults = details.faults ?? [];
  }

  get category(): Category {
    return CODES[this.code];
  }

  get exitCode(): number {
    return EXIT[this.category];
  }
}
