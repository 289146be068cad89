import { equalBytes, utf8 } from '../core/bytes.ts';
import { seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { Cursor } from '../core/json/cursor.ts';
import { parseJson } from '../core/json/parse.ts';
import { isName } from '../core/names.ts';
import { isDelegatedName, isTargetPath } from '../repository/names.ts';
import { encodeRequest } from './encode.ts';
import {
  MAX_DOCUMENTS,
  MAX_REQUEST_BYTES,
  MAX_ROOTS,
  REQUEST_TYPE,
  type RequestContent,
  type RequestDocument,
  type SigningRequest,
} from './model.ts';

const FIELDS = ['_type', 'format', 'channel', 'chain', 'documents', 'files'];
const MAX_ROLES = 1000;
const MAX_FILES = 1000;
/** Snapshot and timestamp name signed files by digest, so they cannot be written before those are signed. */
const TOP_ROLES = ['root', 'targets'];

/**
 * Reads a request (`docs/formats/request.md`). It is a document of ours and has one spelling: a field that is not known, or
 * anything that could have been written in another way, is refused. Nothing in it is trusted yet: `review.ts` decides that.
 *
 * @param where the file, for messages
 * @throws OtaError `request-invalid`
 */
export function parseRequest(bytes: Uint8Array, where = 'request'): SigningRequest {
  try {
    if (bytes.length > MAX_REQUEST_BYTES) throw invalid(`it has more than ${MAX_REQUEST_BYTES} bytes`, where);
    const content = contentOf(new Cursor(parseJson(bytes, where), where));
    const sealed = encodeRequest(content);
    if (equalBytes(sealed.bytes, bytes)) return { ...content, sealed: seal(bytes) };
  } catch (cause) {
    if (!(cause instanceof OtaError) || cause.category !== 'input') throw cause;
    throw invalid(cause.message, where, cause);
  }
  throw invalid('it is not laid out as this tool writes requests', where);
}

/** Whether a file is meant to be a request, by its content. */
export const isRequest = (document: unknown): boolean =>
  typeof document === 'object' && document !== null && '_type' in document && document._type === REQUEST_TYPE;

function contentOf(root: Cursor): RequestContent {
  root.only(FIELDS);
  root.field('_type').oneOf([REQUEST_TYPE]);
  root.field('format').integer(1, 1);
  const chain = root.field('chain').only(['roots', 'roles']);
  const documents = root.field('documents').array(MAX_DOCUMENTS).map(document);
  if (documents.length === 0) root.field('documents').fail('must not be empty');
  const roles = documents.flatMap((item) => (item.type === 'role' ? [item.role] : []));
  if (new Set(roles).size < roles.length) root.field('documents').fail('has one role twice');
  const channel = root.optional('channel');
  return {
    chain: {
      roots: chain
        .field('roots')
        .array(MAX_ROOTS)
        .map((item) => utf8(item.string())),
      roles: texts(chain.field('roles'), MAX_ROLES, isRole, 'the name of a targets role'),
    },
    documents,
    files: texts(root.field('files'), MAX_FILES, isTargetPath, 'a target path'),
    ...(channel === undefined ? {} : { channel: channel.match(isName, 'a name') }),
  };
}

function document(at: Cursor): RequestDocument {
  if (at.field('type').oneOf(['manifest', 'role']) === 'manifest') {
    return { type: 'manifest', bytes: utf8(at.only(['type', 'payload']).field('payload').string()) };
  }
  const role = at.only(['type', 'role', 'signed']).field('role');
  const name = role.string();
  if (!TOP_ROLES.includes(name) && !isDelegatedName(name)) role.fail('is not a role that a request can have');
  return { type: 'role', role: name, signed: at.field('signed').object() };
}

function texts(
  at: Cursor,
  max: number,
  isKey: (text: string) => boolean,
  form: string,
): ReadonlyMap<string, Uint8Array> {
  return new Map(
    at
      .entries(max)
      .map(([key, item]) =>
        isKey(key) ? [key, utf8(item.string())] : item.fail(`does not stand under ${form}`),
      ),
  );
}

const isRole = (name: string): boolean => name === 'targets' || isDelegatedName(name);

const invalid = (why: string, where: string, cause?: unknown): OtaError =>
  new OtaError('request-invalid', `this is not a valid signing request: ${why}`, {
    where,
    ...(cause === undefined ? {} : { cause }),
    hint: 'Get the file again from whoever made it; it was damaged or edited, or is of another version of ota.',
  });
