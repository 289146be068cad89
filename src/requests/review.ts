import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { followChain, verifyTargets } from './chain.ts';
import { type Change, markHidden } from './change.ts';
import type { Known } from './known.ts';
import type { RequestDocument, SigningRequest } from './model.ts';
import { readProposed } from './proposed.ts';
import type { Quorum } from './quorum.ts';
import type { ReviewedRelease } from './release.ts';
import { readManifests, reviewManifest } from './review-manifests.ts';
import { checkFiles, reviewRoot, reviewTargets } from './review-roles.ts';

/** A request understood: all that a person is shown before they sign, and what a signature covers. */
export interface Review {
  /** SHA-256 of the request. */
  readonly request: string;
  /** What is typed to confirm it: `gateway 2.4.0`, `root 3`. */
  readonly title: string;
  /** The last root of the chain: version and SHA-256 of its file. Absent where the first one is to be signed. */
  readonly root?: { readonly version: number; readonly sha256: string };
  /** Every key that the chain or the documents name, by keyid. */
  readonly keys: ReadonlyMap<string, PublicKey>;
  /** Who signs as root, by the chain and by the request: their keys are held to more. */
  readonly rootKeyids: ReadonlySet<string>;
  /** The channel that the publisher is going to point at the release with its own key. */
  readonly channel?: Name;
  readonly documents: readonly ReviewedDocument[];
  /** What changes for roles that stay as they are. */
  readonly changes: readonly Change[];
}

export interface ReviewedDocument {
  /** `root`, `gateway`, `manifest of gateway 2.4.0`. */
  readonly name: string;
  readonly document: RequestDocument;
  /** The bytes that a signature covers. */
  readonly message: Uint8Array;
  /** All of them have to be met; two for a root that follows another. */
  readonly quorums: readonly Quorum[];
  readonly changes: readonly Change[];
  /** Of a manifest. */
  readonly release?: ReviewedRelease;
}

/**
 * Verifies that a request follows a root that its reader holds, and works out what it changes from the documents themselves:
 * nothing in a request describes it.
 *
 * @param anchor the reader's root; `undefined` only where there is none yet
 * @throws OtaError `request-invalid`, `role-rollback`, `role-expired`, `json-invalid`, `shape-invalid`; as `followChain`
 */
export function reviewRequest(request: SigningRequest, anchor: Uint8Array | undefined, now: Seconds): Review {
  const chain = followChain(request.chain, anchor);
  const proposed = readProposed(request, chain.roles);
  const known: Known = {
    chain,
    proposed,
    root: proposed.root ?? chain.root,
    roles: new Map([...chain.roles, ...proposed.roles]),
    files: request.files,
    now,
  };
  const manifests = readManifests(request.documents);
  const documents = request.documents.map((document) => {
    if (document.type === 'manifest') return reviewManifest(document, known);
    return document.role === 'root' ? reviewRoot(document, known) : reviewTargets(document, known, manifests);
  });
  checkFiles(known);
  return {
    request: request.sealed.sha256,
    title: titleOf(documents, known),
    ...(chain.root ? { root: { version: chain.root.signed.version, sha256: chain.root.sealed.sha256 } } : {}),
    keys: keysIn(known),
    rootKeyids: new Set([chain.root, proposed.root].flatMap((root) => root?.signed.roles.root.keyids ?? [])),
    ...(request.channel === undefined ? {} : { channel: request.channel }),
    documents: documents.map((item) => ({ ...item, changes: item.changes.map(markHidden) })),
    changes: keptChanges(known).map(markHidden),
  };
}

/** The most that a request decides: a root, a release, else its first role. */
function titleOf(documents: readonly ReviewedDocument[], { proposed }: Known): string {
  if (proposed.root) return `root ${proposed.root.signed.version}`;
  const release = documents.find((item) => item.release)?.release;
  if (release) return `${release.manifest.product} ${release.manifest.version}`;
  const [name, role] = [...proposed.roles][0] ?? [];
  if (name !== undefined && role) return `${name} ${role.signed.version}`;
  throw new Error('a request has at least one document');
}

function keysIn({ chain, proposed, roles }: Known): ReadonlyMap<string, PublicKey> {
  const holders = [
    ...[chain.root, proposed.root].map((root) => root?.signed),
    ...[...chain.roles.values(), ...roles.values()].map((role) => role.signed.delegations),
  ];
  return new Map(holders.flatMap((holder) => [...(holder?.keys ?? [])]));
}

/** Roles that stay as they are, and would not be signed by those who count from now on. */
function keptChanges({ chain, proposed, root, roles }: Known): readonly Change[] {
  return [...chain.roles].flatMap(([name, role]): readonly Change[] => {
    if (proposed.roles.has(name)) return [];
    try {
      verifyTargets(name, role, root, roles);
      return [];
    } catch (error) {
      if (!(error instanceof OtaError)) throw error;
      return [
        {
          what: 'role-kept',
          subject: name,
          warning: 'is not signed by those who would count from now on: devices would refuse it',
        },
      ];
    }
  });
}
