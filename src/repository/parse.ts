import { seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { Cursor } from '../core/json/cursor.ts';
import { parseJson } from '../core/json/parse.ts';
import { parseTime, type Seconds } from '../core/time.ts';
import type { Metadata, Signature, TopRole } from './model.ts';

const MAX_SIGNATURES = 1024;

/**
 * Reads the frame that every role has (TUF 1.0.34, section 4.2): signatures, type, specification, version, expiry; the
 * rest is `read`'s. Nothing in it is trusted yet: `verify.ts` and `trusted.ts` decide that.
 *
 * @param where the file's name, for messages
 * @throws OtaError `role-invalid` whatever is wrong with it, with the cause; `target-path` for an unsafe path in it
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
    signed.field('_type').oneOf([type]);
    signed
      .field('spec_version')
      .match((text): text is string => /^1(?:\.\d{1,9}){1,2}$/.test(text), 'a specification version 1.x');
    const head = { version: version(signed.field('version')), expires: expires(signed.field('expires')) };
    return {
      sealed: seal(bytes),
      signed: read(signed, head),
      signatures: signatures(file.field('signatures')),
      document: signed.object(),
    };
  } catch (cause) {
    // What is wrong with bytes from a repository is a failed verification, not a person's input to be corrected.
    if (!(cause instanceof OtaError) || cause.category !== 'input') throw cause;
    throw new OtaError('role-invalid', `not valid ${type} metadata: ${cause.message}`, {
      where: cause.where ?? where,
      cause,
    });
  }
}

/** A version of a role: 1 to 2^53-1. */
export const version = (at: Cursor): number => at.integer(1);

const expires = (at: Cursor): Seconds => parseTime(at.string(), at.path);

/** A keyid signs once (section 4.2): a second signature in its name is refused, not counted or skipped. */
function signatures(at: Cursor): readonly Signature[] {
  const seen = new Set<string>();
  return at.array(MAX_SIGNATURES).map((item) => {
    const keyid = item.field('keyid');
    if (seen.has(keyid.string())) keyid.fail('has signed already: one key counts once');
    seen.add(keyid.string());
    return { keyid: keyid.string(), sig: item.field('sig').string() };
  });
}
