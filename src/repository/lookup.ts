import { OtaError } from '../core/errors.ts';
import { delegatesOf } from './delegations.ts';
import type { Metadata, Sha512File, TargetFile, Targets } from './model.ts';
import { checkTargetPath } from './names.ts';
import type { Delegator } from './trusted.ts';

/** More roles than this asked about one path is an attack on the client's time, not an organisation. */
const MAX_ROLES_VISITED = 32;

interface Found {
  readonly path: string;
  /** The role that vouches for it. */
  readonly role: string;
}

/** A target with its SHA-256, as all that this tool publishes have. */
export type Target = TargetFile & Found;
/** A target of any repository. */
export type FoundTarget = (TargetFile | Sha512File) & Found;

/**
 * Searches the delegations for a target: pre-order, depth first, in order of priority, ending at a terminating role that
 * the path is delegated to (TUF 1.0.34, section 5.6.7). No role is asked twice.
 *
 * @param load gives a role as this delegator delegates it, verified
 * @returns `undefined` where no role that may speak about the path lists it
 * @throws OtaError `target-path`, `search-too-wide` past `MAX_ROLES_VISITED`; what `load` throws
 */
export async function findTarget(
  path: string,
  load: (name: string, delegator: Delegator) => Promise<Metadata<Targets>>,
): Promise<FoundTarget | undefined> {
  checkTargetPath(path);
  const visited = new Set<string>();
  const waiting: { readonly name: string; readonly delegator: Delegator }[] = [
    { name: 'targets', delegator: 'root' },
  ];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (visited.has(next.name)) continue;
    if (visited.size === MAX_ROLES_VISITED) throw tooMany(path);
    visited.add(next.name);
    const role = await load(next.name, next.delegator);
    const file = role.signed.targets.get(path) ?? role.signed.sha512Targets?.get(path);
    if (file) return { path, ...file, role: next.name };
    const delegated = role.signed.delegations ? delegatesOf(role.signed.delegations, path) : [];
    const last = delegated.findIndex((item) => item.terminating);
    if (last >= 0) waiting.length = 0;
    const children = last < 0 ? delegated : delegated.slice(0, last + 1);
    for (const { name } of children.toReversed()) waiting.push({ name, delegator: role });
  }
  return undefined;
}

const tooMany = (path: string): OtaError =>
  new OtaError(
    'search-too-wide',
    `more than ${MAX_ROLES_VISITED} roles would have to be asked about ${path}`,
    {
      where: path,
      hint: 'The publisher has to delegate with narrower patterns.',
    },
  );
