import { type Code, OtaError } from '../core/errors.ts';
import { ROLE_FAULTS } from '../repository/parse.ts';

/** One fault of a repository: what is wrong with what, and what to do about it. */
export interface Finding {
  /** The key in the store, the target path or the role. */
  readonly where: string;
  readonly code: Code;
  readonly message: string;
  readonly hint: string;
}

/** Without the store there is nothing to find faults in. */
const FATAL: ReadonlySet<Code> = new Set(['store-unreachable', 'media-removed', 'cancelled'] as const);

const RESTORE =
  "Put the right bytes back: from a copy of the store, or out of the release's bundle (tar -xf), under this key.";
const UNREADABLE = 'Put the file back from a copy of the store; if it was published so, publish again.';
const HINTS: Partial<Record<Code, string>> = {
  'length-mismatch': RESTORE,
  'digest-mismatch': RESTORE,
  ...Object.fromEntries(['role-json', 'role-invalid', ...ROLE_FAULTS].map((code) => [code, UNREADABLE])),
  'role-missing': 'Put the file back from a copy of the store, or publish again.',
  'role-unlisted': 'Publish again, so that the snapshot names each role that is delegated to.',
  'store-refused': 'Check the permissions of this object, then verify again.',
  'store-failed': 'Check the server or the disk, then verify again.',
};
/** What a device is told to do, of which a publisher has to do the other half. */
const OWN_HINTS: Partial<Record<Code, string>> = {
  'role-expired':
    'Renew it: snapshot and timestamp with ota refresh, the roles of a product by publishing, root and targets with ota root expiry.',
};
const USUAL_HINT = 'Find out who published it, then publish the release again under a new version.';

/** All faults of one verification: a check that fails is written down, and the next one is made. */
export class Findings {
  readonly #found: Finding[] = [];

  /** Those found so far, by place. */
  get faults(): readonly Finding[] {
    const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
    return this.#found.toSorted((a, b) => order(a.where, b.where) || order(a.code, b.code));
  }

  add(code: Code, where: string, message: string, hint?: string): void {
    this.#found.push({ where, code, message, hint: hint ?? HINTS[code] ?? USUAL_HINT });
  }

  /**
   * The result of a check, or `undefined` where it failed, which is written down.
   *
   * @throws OtaError `store-unreachable`, `media-removed`; what is no failure of the tool's own
   */
  async attempt<T>(where: string, check: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await check();
    } catch (error) {
      if (!(error instanceof OtaError) || FATAL.has(error.code)) throw error;
      this.add(error.code, where, error.message, OWN_HINTS[error.code] ?? error.hint);
      return undefined;
    }
  }
}
