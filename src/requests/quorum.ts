import type { PublicKey } from '../keys/public-key.ts';
import type { Metadata, RoleKeys, Root, Targets } from '../repository/model.ts';
import { delegatorOf } from '../repository/names.ts';

/** So many of these keys have to sign a document. */
export interface Quorum {
  /** Who says so: `root 2`, `targets 5`. */
  readonly by: string;
  /** By keyid. */
  readonly keys: ReadonlyMap<string, PublicKey>;
  readonly threshold: number;
}

/** The keys that a new root has to be signed with: those of the one before, and its own (TUF 1.0.34, section 5.3.4). */
export const rootQuorums = (before: Metadata<Root> | undefined, next: Metadata<Root>): readonly Quorum[] =>
  [before, next].flatMap((root) =>
    root ? [quorum(`root ${root.signed.version}`, root.signed.keys, root.signed.roles.root)] : [],
  );

/** The keys that a targets role or a product's manifests are signed with; `undefined` where nobody may. */
export function targetsQuorum(
  name: string,
  root: Metadata<Root> | undefined,
  roles: ReadonlyMap<string, Metadata<Targets>>,
): Quorum | undefined {
  if (name === 'targets') {
    return root && quorum(`root ${root.signed.version}`, root.signed.keys, root.signed.roles.targets);
  }
  const delegator = delegatorOf(name);
  const signed = roles.get(delegator)?.signed;
  const role = signed?.delegations?.roles.find((item) => item.name === name);
  return (
    signed?.delegations && role && quorum(`${delegator} ${signed.version}`, signed.delegations.keys, role)
  );
}

const quorum = (
  by: string,
  keys: ReadonlyMap<string, PublicKey>,
  { keyids, threshold }: RoleKeys,
): Quorum => ({
  by,
  threshold,
  keys: new Map([...keys].filter(([keyid]) => keyids.includes(keyid))),
});

/** Whether these keys are enough. */
export const isMet = ({ keys, threshold }: Quorum, signed: ReadonlySet<string>): boolean =>
  [...keys.keys()].filter((keyid) => signed.has(keyid)).length >= threshold;
