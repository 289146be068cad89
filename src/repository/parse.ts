import { seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { Cursor } from '../core/json/cursor.ts';
import { parseJson } from '../core/json/parse.ts';
import { parseTime, type Seconds } from '../core/time.ts';
import type { Metadata, Signature, TopRole } from './model.ts';

const MAX_SIGNATURES = 1024;

/** What can be wrong with a part of a role that has a code of its own. */
export const ROLE_FAULTS = [
  'role-type',
  'role-spec-version',
  'role-number',
  'role-date',
  'role-keys',
  'role-signers',
  'role-name',
  'role-delegations',
  'signature-twice',
  'signatures-too-many',
  'target-hash',
  'media-profile-invalid',
] as const;
type RoleFault = (typeof ROLE_FAULTS)[number];

/** A fault in reading a part, on its way out of `parseRole`. */
class PartError extends Error {
  readonly fault: RoleFault;
  override readonly cause: OtaError;

  constructor(fault: RoleFault, cause: OtaError) {
    super(cause.message);
    this.fault = fault;
    this.cause = cause;
  }
}

/** Reads a part of a role, whose faults get this code; a part within it may have named its own. */
export function part<T>(fault: RoleFault, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof OtaError) || cause.category !== 'input') throw cause;
    throw new PartError(fault, cause);
  }
}

/**
 * Reads the frame that every role has (TUF 1.0.34, section 4.2): signatures, type, specification, version, expiry; the
 * rest is `read`'s. Nothing in it is trusted yet: `verify.ts` and `trusted.ts` decide that.
 *
 * @param where the file's name, for messages
 * @throws OtaError a `RoleFault`; `role-json` for what is not strict JSON; `role-invalid` for any other fault of its shape;
 *   `target-path` for an unsafe path in it
 */
export function parseRole<T>(
  bytes: Uint8Array,
  where: string,
  type: TopRole,
  read: (signed: Cursor, head: { readonly version: number; readonly expires: Seconds }) => T,
): Metadata<T> {
  try {
    const file = new Cursor(parseJson(bytes, where), where);
    const signed = file.field('signed');
    const named = signed.field('_type');
    part('role-type', () => named.oneOf([type]));
    part('role-spec-version', () =>
      signed.field('spec_version').match(isReadable, 'a specification version 1.x'),
    );
    const head = { version: version(signed.field('version')), expires: expires(signed.field('expires')) };
    return {
      sealed: seal(bytes),
      signed: read(signed, head),
      signatures: signatures(file.field('signatures')),
      document: signed.object(),
    };
  } catch (error) {
    const cause = error instanceof PartError ? error.cause : error;
    // What is wrong with bytes from a repository is a failed verification, not a person's input to be corrected.
    if (!(cause instanceof OtaError) || cause.category !== 'input') throw cause;
    const code =
      error instanceof PartError ? error.fault : cause.code === 'json-invalid' ? 'role-json' : 'role-invalid';
    throw new OtaError(code, `not valid ${type} metadata: ${cause.message}`, {
      where: cause.where ?? where,
      hint: 'Nothing of this file was used. Its publisher has to sign and publish a correct one.',
      cause,
    });
  }
}

const isReadable = (text: string): text is string => /^1(?:\.\d{1,9}){1,2}$/.test(text);

/** A version of a role: 1 to 2^53-1. */
export const version = (at: Cursor): number => part('role-number', () => at.integer(1));

const expires = (at: Cursor): Seconds => part('role-date', () => parseTime(at.string(), at.path));

/** A keyid signs once (section 4.2): a second signature in its name is refused, not counted or skipped. */
function signatures(at: Cursor): readonly Signature[] {
  const seen = new Set<string>();
  if (Array.isArray(at.value) && at.value.length > MAX_SIGNATURES) {
    part('signatures-too-many', () => at.fail(`has more than ${MAX_SIGNATURES} entries`));
  }
  return at.array().map((item) => {
    const keyid = item.field('keyid');
    if (seen.has(keyid.string())) {
      part('signature-twice', () => keyid.fail('has signed already: one key counts once'));
    }
    seen.add(keyid.string());
    return { keyid: keyid.string(), sig: item.field('sig').string() };
  });
}
