import { dirname, join } from 'node:path';
import chalk from 'chalk';
import { sha256 } from '../../../core/digest.ts';
import { OtaError } from '../../../core/errors.ts';
import { Cursor } from '../../../core/json/cursor.ts';
import type { JsonObject } from '../../../core/json/value.ts';
import { printable } from '../../../core/printable.ts';
import { parseTime, type Seconds } from '../../../core/time.ts';
import { readSmallFileIfPresent } from '../../../files/read.ts';
import { grouped } from '../../../media/page/fingerprint.ts';
import type { Metadata } from '../../../repository/model.ts';
import { parseRoot } from '../../../repository/parse-root.ts';
import { signersOf } from '../../../repository/verify.ts';
import { expiryText } from '../../views/time.ts';
import { type Authority, authorityOf, roleOfFile, rootAuthority } from '../authority.ts';
import type { Context, Kind } from '../kind.ts';
import { notVerified, type SignatureReport, signatureLines, signatureReport } from '../signatures.ts';
import { documentOf } from '../subject.ts';
import { parseBody, type RoleBody, roleBodyLines } from './role-body.ts';

interface Role {
  /** `_type`: root, targets, snapshot or timestamp. */
  readonly type: string;
  /** The role's name, by the file's: `gateway` has the type targets. Absent where that does not tell. */
  readonly role?: string;
  readonly version: number;
  /** Of a root: SHA-256 of the file, by which people know it. */
  readonly fingerprint?: string;
  readonly expires: string;
  readonly signatures: SignatureReport;
  /** Of a root, by the root before it, where that lies beside it: a new root needs the signatures of both. */
  readonly signaturesBefore?: SignatureReport;
  /** Why a client would refuse the file whoever signed it. */
  readonly problem?: string;
  readonly signed: JsonObject;
}

/**
 * A file of TUF metadata: root, targets, a product's, its channels', snapshot or timestamp. One that no client would accept is
 * shown too, with the reason.
 */
export const roleKind: Kind = {
  kind: 'role',
  recognises: (subject) => !subject.folder && subject.json?.document.signed !== undefined,
  inspect: async (subject, context) => {
    const { path, name } = subject;
    const { bytes, document } = documentOf(subject);
    const at = new Cursor(document, path);
    const signed = at.field('signed');
    const type = signed.field('_type').string();
    const role = type === 'targets' ? roleOfFile(name) : type;
    const claimed = at
      .field('signatures')
      .array()
      .map((item) => item.field('keyid').string());
    const body = readBody(type, bytes, path);
    const found = role === undefined ? undefined : await authorityFor(role, path, body, context);
    const before =
      body.role?.type === 'root' ? await rootBefore(path, body.role.metadata.signed.version) : undefined;
    const shown: Role = {
      type,
      ...(role === undefined ? {} : { role }),
      version: signed.field('version').integer(1),
      ...(type === 'root' ? { fingerprint: sha256(bytes) } : {}),
      expires: signed.field('expires').string(),
      signatures: signatureReport(claimed, found, validOf(body, found, context)),
      ...(before
        ? { signaturesBefore: signatureReport(claimed, before, validOf(body, before, context)) }
        : {}),
      ...(body.problem === undefined ? {} : { problem: body.problem }),
      signed: signed.object(),
    };
    // A new root needs both quorums.
    const met = shown.signaturesBefore?.met === false ? false : shown.signatures.met;
    return { found: shown, lines: roleLines(shown, body.role, context.now), met };
  },
};

function roleLines(role: Role, body: RoleBody | undefined, now: Seconds): readonly string[] {
  const { type, version, fingerprint, signatures, signaturesBefore, problem } = role;
  return [
    `${chalk.bold(printable(`${role.role ?? type} version ${version}`))}, ${description(role)}`,
    ...(fingerprint === undefined ? [] : [`  fingerprint ${grouped(fingerprint)}`]),
    `  expires ${expiry(role, now)}`,
    ...(problem === undefined ? [] : [`  ${chalk.red('no client accepts it:')} ${printable(problem)}`]),
    ...signatureLines(signatures),
    ...(signaturesBefore ? signatureLines(signaturesBefore) : []),
    ...(body ? roleBodyLines(body) : JSON.stringify(role.signed, null, 2).split('\n').map(printable)),
    ...notVerified(signatures),
  ];
}

interface Body {
  readonly role?: RoleBody;
  readonly problem?: string;
}

function readBody(type: string, bytes: Uint8Array, path: string): Body {
  try {
    const role = parseBody(type, bytes, path);
    return role ? { role } : { problem: `${type} is no role's type` };
  } catch (error) {
    if (error instanceof OtaError) return { problem: error.message };
    throw error;
  }
}

/** A root names its own keys; every other role's are named by its delegator. */
async function authorityFor(
  role: string,
  path: string,
  body: Body,
  context: Context,
): Promise<Authority | undefined> {
  if (body.role?.type === 'root') return rootAuthority('itself', body.role.metadata.signed, 'root');
  return authorityOf(role, path, await context.trust());
}

async function rootBefore(path: string, version: number): Promise<Authority | undefined> {
  const before = join(dirname(path), `${version - 1}.root.json`);
  const bytes = await readSmallFileIfPresent(before);
  if (!bytes) return undefined;
  try {
    return rootAuthority(before, parseRoot(bytes, before).signed, 'root');
  } catch (error) {
    if (error instanceof OtaError) return undefined;
    throw error;
  }
}

function validOf(
  body: Body,
  authority: Authority | undefined,
  { verify }: Context,
): readonly string[] | undefined {
  if (!verify) return undefined;
  if (!body.role || !authority) return [];
  const metadata: Metadata<unknown> = body.role.metadata;
  const { keys, threshold } = authority;
  return [...signersOf(metadata, keys, { keyids: [...keys.keys()], threshold }).values()];
}

const TITLES: Readonly<Record<string, string>> = {
  root: 'which keys count for the top-level roles',
  snapshot: 'which version of each role counts',
  timestamp: 'which snapshot counts',
};

function description({ type, role }: Role): string {
  if (type !== 'targets') return TITLES[type] ?? `a role of type ${printable(type)}`;
  if (role === 'targets') return 'the top-level targets role';
  if (role?.endsWith('.channels')) return `a targets role: the channels of ${printable(role.slice(0, -9))}`;
  return role === undefined ? 'a targets role' : 'a targets role: the releases of a product';
}

function expiry({ role, type, expires }: Role, now: Seconds): string {
  try {
    return expiryText(role ?? type, parseTime(expires), now);
  } catch (error) {
    if (error instanceof OtaError) return printable(expires);
    throw error;
  }
}
