import { fingerprint } from '../keys/fingerprint.ts';
import type { PublicKey } from '../keys/public-key.ts';
import {
  type DelegatedRole,
  type Delegations,
  type RoleKeys,
  type Root,
  TOP_ROLES,
} from '../repository/model.ts';
import { type Change, difference } from './change.ts';

type Keys = ReadonlyMap<string, PublicKey>;

/** Who may sign what, before and after a new root. */
export const rootChanges = (before: Root | undefined, after: Root): readonly Change[] =>
  TOP_ROLES.flatMap((name) =>
    keyChanges(name, before && { keys: before.keys, role: before.roles[name] }, {
      keys: after.keys,
      role: after.roles[name],
    }),
  );

/** Which roles a targets role delegates to, to whom and for what, before and after. */
export function delegationChanges(
  before: Delegations | undefined,
  after: Delegations | undefined,
): readonly Change[] {
  const old = byName(before);
  const next = byName(after);
  const { added, removed } = difference(old.keys(), next.keys());
  const kept = [...next.keys()].filter((name) => old.has(name));
  const order = [...old.keys()].filter((name) => next.has(name));
  return [
    ...removed.map((subject): Change => ({ what: 'role-removed', subject, warning: 'is trusted no longer' })),
    ...added.map(
      (subject): Change => ({
        what: 'role-added',
        subject,
        to: pathsOf(next.get(subject)),
        warning: 'is trusted from now on',
      }),
    ),
    ...(kept.join() === order.join()
      ? []
      : [
          {
            what: 'role-order',
            subject: kept.join(', '),
            warning: 'the order of delegations changes',
          } as const,
        ]),
    ...[...next].flatMap(([name, role]) => {
      const was = old.get(name);
      return [
        ...(was ? scopeChanges(name, was, role) : []),
        ...keyChanges(name, was && { keys: before?.keys ?? new Map(), role: was }, {
          keys: after?.keys ?? new Map(),
          role,
        }),
      ];
    }),
  ];
}

function scopeChanges(subject: string, before: DelegatedRole, after: DelegatedRole): readonly Change[] {
  const [from, to] = [pathsOf(before), pathsOf(after)];
  return [
    ...(from === to
      ? []
      : [{ what: 'paths', subject, from, to, warning: 'speaks for other paths' } as const]),
    ...(before.terminating === after.terminating
      ? []
      : [
          {
            what: 'terminating',
            subject,
            from: String(before.terminating),
            to: String(after.terminating),
            warning: 'whether the search ends here changes',
          } as const,
        ]),
  ];
}

function keyChanges(
  subject: string,
  before: { readonly keys: Keys; readonly role: RoleKeys } | undefined,
  after: { readonly keys: Keys; readonly role: RoleKeys },
): readonly Change[] {
  const { added, removed } = difference(before?.role.keyids ?? [], after.role.keyids);
  const [from, to] = [before?.role.threshold, after.role.threshold];
  const of = (count: number | undefined, total: number | undefined) => `${count} of ${total}`;
  return [
    ...removed.map(
      (keyid): Change => ({
        what: 'key-removed',
        subject,
        from: nameOf(before?.keys, keyid),
        keyid,
        warning: 'this key counts no longer',
      }),
    ),
    ...added.map(
      (keyid): Change => ({
        what: 'key-added',
        subject,
        to: nameOf(after.keys, keyid),
        keyid,
        warning: 'this key counts from now on',
      }),
    ),
    ...(from === to && added.length === removed.length
      ? []
      : [
          {
            what: 'threshold',
            subject,
            ...(before ? { from: of(from, before.role.keyids.length) } : {}),
            to: of(to, after.role.keyids.length),
            warning:
              from !== undefined && to < from
                ? 'fewer signatures are needed'
                : 'how many signatures are needed',
          } as const,
        ]),
  ];
}

function nameOf(keys: Keys | undefined, keyid: string): string {
  const key = keys?.get(keyid);
  return key ? `${keyid.slice(0, 16)}, fingerprint ${fingerprint(key)}` : keyid;
}

const byName = (delegations: Delegations | undefined): ReadonlyMap<string, DelegatedRole> =>
  new Map(delegations?.roles.map((role) => [role.name, role]));

const pathsOf = (role: DelegatedRole | undefined): string =>
  (role?.paths ?? role?.pathHashPrefixes?.map((prefix) => `sha256 ${prefix}…`) ?? []).join(', ');
