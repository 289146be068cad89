import type { Manifest } from '../bundle/manifest.ts';
import { sameDigest, seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { canonicalJson } from '../core/json/canonical.ts';
import { delegatorOf } from '../repository/names.ts';
import { archiveChanges, isArchivePath } from './archive-changes.ts';
import type { Change } from './change.ts';
import { channelChanges, isChannelPath } from './channel-changes.ts';
import { delegationChanges, rootChanges } from './key-changes.ts';
import type { Known } from './known.ts';
import { mediaProfileChanges } from './media-profile-changes.ts';
import type { RoleDocument } from './model.ts';
import { rootQuorums, targetsQuorum } from './quorum.ts';
import type { ReviewedDocument } from './review.ts';
import { addedReleases, checkScope, folderOf, headChanges, targetChanges } from './role-changes.ts';

/** A root: exactly one version on (TUF 1.0.34, section 5.3.5). @throws OtaError `request-invalid`, `role-expired` */
export function reviewRoot(document: RoleDocument, { chain, proposed, now }: Known): ReviewedDocument {
  const { root } = proposed;
  if (!root) throw new Error('a request with a root has read it');
  const expected = (chain.root?.signed.version ?? 0) + 1;
  if (root.signed.version !== expected) {
    throw refused('root', `it has version ${root.signed.version}, and ${expected} is what must come`);
  }
  return {
    ...described(document),
    quorums: rootQuorums(chain.root, root),
    changes: [...headChanges('root', chain.root, root, now), ...rootChanges(chain.root?.signed, root.signed)],
  };
}

/**
 * A targets role, top-level or delegated: it keeps to its paths, and each release that it adds is in the request.
 *
 * @throws OtaError `request-invalid`, `role-rollback`, `role-expired`
 */
export function reviewTargets(
  document: RoleDocument,
  known: Known,
  manifests: readonly Manifest[],
): ReviewedDocument {
  const name = document.role;
  const role = known.proposed.roles.get(name);
  if (!role) throw new Error('a request with a role has read it');
  const quorum = targetsQuorum(name, known.root, known.roles);
  if (!quorum) throw refused(name, 'nothing delegates to it');
  const delegation = known.roles
    .get(delegatorOf(name))
    ?.signed.delegations?.roles.find((item) => item.name === name);
  if (name !== 'targets' && delegation) checkScope(name, role.signed, delegation);
  const before = known.chain.roles.get(name);
  const added = addedReleases(before?.signed, role.signed);
  for (const folder of added) {
    if (manifests.some(({ product, version }) => folder === `${product}/${version}/`)) continue;
    throw refused(name, `it adds ${folder.slice(0, -1)} without its manifest`);
  }
  const changes: readonly Change[] = [
    ...headChanges(name, before, role, known.now),
    ...delegationChanges(before?.signed.delegations, role.signed.delegations),
    ...mediaProfileChanges(name, before?.signed.media, role.signed.media),
    ...added.map(
      (folder): Change => ({ what: 'release-added', subject: folder.slice(0, -1).replace('/', ' ') }),
    ),
    ...channelChanges(before?.signed, role.signed, known.files),
    ...archiveChanges(before?.signed, role.signed, known.files),
    ...targetChanges(
      before?.signed,
      role.signed,
      (path) => added.includes(folderOf(path)) || isChannelPath(path) || isArchivePath(path),
    ),
  ];
  return { ...described(document), quorums: [quorum], changes };
}

/**
 * Requires every file of a request to be one that a role in it lists: nothing is carried unseen.
 *
 * @throws OtaError `request-invalid`
 */
export function checkFiles({ files, proposed }: Known): void {
  for (const [path, bytes] of files) {
    const sealed = seal(bytes);
    const listed = [...proposed.roles.values()].some(({ signed }) => {
      const target = signed.targets.get(path);
      return target !== undefined && sameDigest(target, sealed);
    });
    if (!listed) throw refused(path, 'no role in the request lists that file');
  }
}

const described = (document: RoleDocument) => ({
  name: document.role,
  document,
  message: canonicalJson(document.signed),
});

const refused = (name: string, why: string): OtaError =>
  new OtaError('request-invalid', `${name} cannot be signed: ${why}`, {
    where: name,
    hint: 'Sign nothing. Ask who made the request, and have it made again.',
  });
