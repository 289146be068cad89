import { equalBytes, fromUtf8, utf8 } from '../core/bytes.ts';
import { OtaError } from '../core/errors.ts';
import { byCodePoint } from '../core/json/canonical.ts';
import { Cursor } from '../core/json/cursor.ts';
import { parseJson } from '../core/json/parse.ts';
import { printJson } from '../core/json/print.ts';
import type { JsonObject, JsonValue } from '../core/json/value.ts';
import { formatTime, parseTime } from '../core/time.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { keysObject, roleKeysObject } from '../repository/build.ts';
import { readKeys, roleKeys } from '../repository/parse-keys.ts';
import { readBase } from './base.ts';
import { checkKeys } from './guards.ts';
import { PROPOSAL_TYPE, type Proposal, type ProposedRole } from './model.ts';

/** The one spelling of a proposal: the same content gives the same bytes. */
export function encodeProposal({ begun, base, roles, keys, lost }: Proposal): Uint8Array {
  return printJson({
    _type: PROPOSAL_TYPE,
    format: 1,
    begun: formatTime(begun),
    base: { roots: base.roots.map(fromUtf8), roles: object([...base.roles], fromUtf8) },
    roles: object([...roles], roleObject),
    keys: keysObject([...keys.values()]),
    lost: [...lost].sort(byCodePoint),
  });
}

/**
 * Reads a proposal, which has no fields but ours and one spelling, and checks it as each edit does: it may have been edited by
 * hand. Whether its first root is the right one is for the reader to say.
 *
 * @throws OtaError `proposal-invalid`; as `checkKeys`
 */
export function parseProposal(bytes: Uint8Array, where: string): Proposal {
  let proposal: Proposal;
  try {
    proposal = read(new Cursor(parseJson(bytes, where), where));
    const known = [...readBase(proposal.base).roleKeys.keys()].sort();
    const named = [...proposal.roles.keys()].sort();
    if (known.join() !== named.join()) throw invalid(where, `it has the roles ${named.join(', ')}`);
    if (!equalBytes(encodeProposal(proposal), bytes))
      throw invalid(where, 'it is not laid out as ota writes it');
  } catch (cause) {
    if (!(cause instanceof OtaError) || cause.category !== 'input' || cause.code === 'proposal-invalid')
      throw cause;
    throw invalid(where, cause.message, cause);
  }
  checkKeys(proposal);
  return proposal;
}

function read(at: Cursor): Proposal {
  at.only(['_type', 'format', 'begun', 'base', 'roles', 'keys', 'lost']);
  at.field('_type').oneOf([PROPOSAL_TYPE]);
  at.field('format').integer(1, 1);
  const base = at.field('base').only(['roots', 'roles']);
  const { keys } = readKeys(at.field('keys'));
  return {
    begun: parseTime(at.field('begun').string(), at.field('begun').path),
    base: {
      roots: base
        .field('roots')
        .array()
        .map((item) => utf8(item.string())),
      roles: new Map(
        base
          .field('roles')
          .entries()
          .map(([name, item]) => [name, utf8(item.string())]),
      ),
    },
    roles: new Map(
      at
        .field('roles')
        .entries()
        .map(([name, item]) => [name, readRole(item, keys)]),
    ),
    keys,
    lost: new Set(
      at
        .field('lost')
        .array()
        .map((item) => item.string()),
    ),
  };
}

function readRole(at: Cursor, keys: ReadonlyMap<string, PublicKey>): ProposedRole {
  at.only(['keyids', 'threshold', 'expires']);
  const expires = at.optional('expires');
  return {
    ...roleKeys(at, { keys }),
    ...(expires ? { expires: parseTime(expires.string(), expires.path) } : {}),
  };
}

const roleObject = ({ expires, ...role }: ProposedRole): JsonObject => ({
  ...roleKeysObject(role),
  ...(expires === undefined ? {} : { expires: formatTime(expires) }),
});

/** Role names come from files, so the object has no prototype to meet them. */
function object<T>(entries: readonly (readonly [string, T])[], value: (item: T) => JsonValue): JsonObject {
  const result: Record<string, JsonValue> = Object.create(null);
  for (const [name, item] of entries) result[name] = value(item);
  return result;
}

const invalid = (where: string, why: string, cause?: unknown): OtaError =>
  new OtaError('proposal-invalid', `this is not a valid root proposal: ${why}`, {
    where,
    ...(cause === undefined ? {} : { cause }),
    hint: 'Begin another with "ota root init"; a proposal is changed with the ota root commands.',
  });
